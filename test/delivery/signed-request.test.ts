import { expect, test } from "bun:test";
import { createLoop } from "../support/loop.ts";
import { reply } from "../support/scripted-reply.ts";

test("a webhook's own header is not sent any more once another prefix reserves its name", async () => {
  await using loop = await createLoop();
  const headers = [
    ["x-smartcv-signature", "sha256=forged"],
    ["X-Acme-Key", "abc"],
  ] as const;
  const webhook = await loop.webhook({ headers });
  loop.world.transport.otherwise(() => reply(200));
  await loop.post();
  await loop.world.clock.settle();
  const sent = loop.world.transport.requests[0]?.headers;
  expect(sent?.["x-smartcv-signature"]).toMatch(/^sha256=[0-9a-f]{64}$/);
  expect(sent?.["x-acme-key"]).toBe("abc");
  const [entry] = await loop.log(webhook);
  const detail = await loop.store.findLog(webhook.key, entry?.id ?? "");
  expect(detail?.attempts).toMatchObject([{ signed: { customHeaderNames: ["X-Acme-Key"] } }]);
});
