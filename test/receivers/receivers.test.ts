import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sign } from "../../src/domain/signature.ts";
import { flaskPython, type ReceiverProcess, startReceiverProcess } from "../support/receiver-process.ts";
import { type RunningService, startService } from "../support/service.ts";

const SECRET = "your_webhook_secret";
const EVENT = { type: "resume.created", data: { resume: { id: "resume_456", title: "Entwickler:in – 履歴書 🎺" } } };
const python = flaskPython();

const receivers = [
  { name: "Express", command: ["node", join(import.meta.dir, "express-receiver.cjs")], available: true },
  {
    name: "Flask",
    command: [python ?? "python3", join(import.meta.dir, "flask_receiver.py")],
    available: python !== null,
  },
];

test.each(["express-receiver.cjs", "flask_receiver.py"])("%s holds the specification's code, line for line", (file) => {
  const lines = (text: string) =>
    text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  const specification = lines(readFileSync(join(import.meta.dir, "../corpora/smartcv-webhooks-api.txt"), "utf8"));
  const receiver = new Set(lines(readFileSync(join(import.meta.dir, file), "utf8")));
  const [from, to] = file.endsWith(".cjs")
    ? ["const crypto = require('crypto')", "res.status(400).send('Invalid webhook')"]
    : ["import hmac", "return jsonify({'error': str(e)}), 400"];
  const excerpt = specification.slice(
    specification.indexOf(from),
    specification.findIndex((line) => line.startsWith(to)),
  );
  expect(excerpt.length).toBeGreaterThan(25);
  expect(excerpt.filter((line) => !receiver.has(line))).toEqual([]);
});

for (const { name, command, available } of receivers) {
  describe.skipIf(!available)(`the specification's ${name} receiver`, () => {
    let posthorn: RunningService;
    let receiver: ReceiverProcess;

    beforeAll(async () => {
      posthorn = await startService();
      receiver = await startReceiverProcess(command, { WEBHOOK_SECRET: SECRET });
    }, 20_000);
    afterAll(async () => {
      await receiver[Symbol.asyncDispose]();
      await posthorn[Symbol.asyncDispose]();
    });

    test("accepts what Posthorn sends", async () => {
      const webhook = { url: receiver.url, events: ["resume.created"], secret: SECRET, active: true };
      const created = await posthorn.api<{ id: string }>("POST", "/api/webhooks", webhook);
      expect(created.status).toBe(201);
      const posted = await posthorn.api<{ id: string }>("POST", "/api/events", EVENT);
      expect(await receiver.nextLine("the event")).toEqual({ id: posted.body.data.id, type: "resume.created" });
      const tested = await posthorn.api<{ status_code: number }>("POST", `/api/webhooks/${created.body.data.id}/test`);
      expect(tested.body.data).toMatchObject({ status: "delivered", status_code: 200, test: true });
    });

    const body =
      '{"id":"event_1","type":"resume.created","created":"2024-12-30T10:00:00Z","data":{},"api_version":"2024-12-30"}';
    const seconds = () => Math.floor(Date.now() / 1_000);

    test.each([
      ["a changed body", () => ({ at: seconds(), signed: body.replace("event_1", "event_2"), secret: SECRET })],
      ["a wrong secret", () => ({ at: seconds(), signed: body, secret: "another secret" })],
      ["a timestamp of six minutes ago", () => ({ at: seconds() - 360, signed: body, secret: SECRET })],
    ])("refuses %s", async (_, forge) => {
      const { at, signed, secret } = forge();
      const response = await fetch(receiver.url, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "X-SmartCV-Signature": `sha256=${sign(secret, at, signed)}`,
          "X-SmartCV-Timestamp": String(at),
        },
        body,
      });
      expect(response.status).toBe(400);
    });
  });
}
