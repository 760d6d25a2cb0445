import { expect, test } from "bun:test";
import { ACCESS_RULES, verdictFor } from "../support/access-rules.ts";
import { AccessScene, OWNERS, type Owner, routesOf } from "../support/access-scene.ts";
import { startHttpApp, type Told } from "../support/http-app.ts";

const NAMED = [null, "acme", "other"] as const;
const ROUTES = Object.entries(ACCESS_RULES);

/** As a request is told: its status and, of a failure, the code. */
function saidIn({ status, at }: Told): readonly [number, unknown] {
  return [status, status < 400 ? null : at("error.code")];
}

/** Acts, and tells what has changed of those owners meanwhile. */
async function changesOf(scene: AccessScene, owners: readonly Owner[], act: () => Promise<void>): Promise<unknown> {
  const look = async () =>
    Object.fromEntries(await Promise.all(owners.map(async (owner) => [owner, await scene.all(owner)])));
  const before = await look();
  await act();
  const after = await look();
  return owners.filter((owner) => before[owner] !== after[owner]);
}

test("every route that is documented has a rule, and every rule a route", async () => {
  await using app = await startHttpApp();
  const document = JSON.parse((await app.call("GET", "/swagger/json", { key: null })).text);
  expect([...routesOf(document)].sort()).toEqual(Object.keys(ACCESS_RULES).sort());
});

test.each(ROUTES)("%s: every key and session, own rows, foreign rows and no tenant", async (route, rule) => {
  await using scene = await AccessScene.open();
  const holders = await scene.holders();
  const cases = holders.flatMap((holder) =>
    NAMED.flatMap((named) =>
      (rule.row === null ? OWNERS.slice(0, 1) : OWNERS).map((owner) => {
        return { holder, named, owner, verdict: verdictFor(rule, holder, named, owner) };
      }),
    ),
  );
  for (const [changing, group] of Map.groupBy(cases, ({ verdict }) => verdict.changes)) {
    const others = OWNERS.filter((owner) => owner !== changing);
    const changed = await changesOf(scene, others, async () => {
      for (const { holder, named, owner, verdict } of group) {
        const { credential, ...who } = holder;
        const said = saidIn(await scene.ask(route, credential, named, owner));
        expect({ who, named, owner, said }).toEqual({ who, named, owner, said: [verdict.status, verdict.code] });
        if (verdict.changes !== null && route.startsWith("DELETE")) await scene.restore(owner);
      }
    });
    expect(changed).toEqual([]);
  }
});

test.each(ROUTES)("%s: whoever has nothing that is valid", async (route, rule) => {
  await using scene = await AccessScene.open();
  const strangers = await scene.strangers();
  const changed = await changesOf(scene, OWNERS, async () => {
    for (const [who, credential, code] of strangers) {
      for (const named of NAMED) {
        const told = await scene.ask(route, credential, named, "acme");
        const expected = rule.scopes === null ? [rule.status, null] : [401, code];
        expect([who, named, ...saidIn(told)]).toEqual([who, named, ...expected]);
        if (rule.scopes === null) continue;
        expect(told.headers.get("www-authenticate")).toBe('Bearer realm="posthorn"');
        const head = await scene.ask(route.replace(/^GET/, "HEAD"), credential, named, "acme");
        expect([who, head.status]).toEqual([who, 401]);
      }
    }
  });
  expect(changed).toEqual([]);
});
