import { beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DELIVERY_STATES } from "../../src/domain/delivery.ts";
import { SMARTCV_EVENT_TYPES } from "../../src/domain/event-types.ts";
import { PROBLEMS } from "../../src/domain/problem-codes.ts";
import { formatDuration, formatSize } from "../../src/domain/quantity.ts";
import { parseEventTypes } from "../../src/event-types-file.ts";
import { NewWebhookBody } from "../../src/http/webhook-schemas.ts";
import * as limits from "../../src/limits.ts";
import * as settingLimits from "../../src/setting-limits.ts";
import { SETTINGS } from "../../src/settings.ts";
import { startBinary } from "../support/binary.ts";
import { builtBinary } from "../support/binary-build.ts";
import { freePort } from "../support/free-port.ts";
import { codeSpans, type Fence, fences, README, section, tableRows } from "../support/markdown.ts";
import { emptyPlace, type Place } from "../support/place.ts";
import { openTerminal, type Terminal } from "../support/terminal.ts";
import { until } from "../support/until.ts";

beforeAll(async () => void (await builtBinary()), 120_000);

const ROOT = join(import.meta.dir, "../..");
const POSTHORN_PORT = 8787;
const RECEIVER_PORT = 3000;
const needed = ["sh", "node", "curl"].filter((program) => Bun.which(program) === null);

test.skipIf(needed.length > 0)(
  "the first event is delivered by the README's own commands, with the output that it promises (needs sh, node and curl)",
  async () => {
    using place = emptyPlace();
    const visit = await visitTo(place);
    await using terminals = new AsyncDisposableStack();
    const open = async (settings: Readonly<Record<string, string>>) =>
      terminals.use(await openTerminal({ cwd: place.path, env: { ...visit.env, ...settings } }));
    const shells: Readonly<Record<string, Terminal>> = {
      posthorn: await open({ POSTHORN_PORT: String(visit.port) }),
      receiver: await open({}),
      app: await open({}),
    };
    const driven = fences(README).filter(({ terminal }) => terminal !== null);
    expect(driven.map(({ language }) => language)).toEqual(
      expect.arrayContaining(["sh", "text", "json", "sh", "json", "text"]),
    );
    for (const fence of driven) {
      const terminal = shells[fence.terminal ?? ""];
      if (terminal === undefined) throw new Error(`the README names a terminal "${fence.terminal}"`);
      await visit.follow(fence, terminal);
    }
    shells["posthorn"]?.interrupt();
    await shells["posthorn"]?.shows(
      "Posthorn stops on Ctrl+C",
      (text) => text.includes("Posthorn has stopped") || null,
    );
  },
  30_000,
);

interface Visit {
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** Types a block of commands, or waits for the output that a block shows. */
  follow(fence: Fence, terminal: Terminal): Promise<void>;
}

/** A clone as a user has it, whose `scripts/start` is the compiled binary, with ports that are free here. */
async function visitTo(place: Place): Promise<Visit> {
  const [port, receiverPort] = [await freePort(), await freePort()];
  const home = realpathSync(place.path);
  mkdirSync(join(home, "scripts"));
  writeFileSync(join(home, "scripts/start"), `#!/bin/sh\nexec ${await builtBinary()} serve "$@"\n`);
  chmodSync(join(home, "scripts/start"), 0o755);
  const here = (text: string) =>
    text
      .replaceAll(`:${POSTHORN_PORT}`, `:${port}`)
      .replaceAll(`:${RECEIVER_PORT}`, `:${receiverPort}`)
      .replaceAll(`(${RECEIVER_PORT},`, `(${receiverPort},`)
      .replaceAll("/home/you/posthorn", home);
  return {
    port,
    env: { PATH: process.env["PATH"] ?? "", HOME: home },
    async follow({ language, text }, terminal) {
      const expected = here(text);
      if (language === "sh") {
        // A person takes longer to read an answer than a delivery takes.
        if (existsSync(join(place.dataDir, "admin.key"))) await rested(port, place);
        terminal.type(expected);
      } else if (language === "json") {
        expect(await terminal.shows("an answer", answerIn)).toEqual(JSON.parse(general(expected)));
      } else {
        await terminal.shows(expected, (shown) => general(shown).includes(general(expected)) || null);
      }
    },
  };
}

/** What differs from one run to the next, made the same. */
function general(text: string): string {
  return text
    .replace(/\b(event|webhook|delivery|key|req)_[0-9a-z]{26}\b/g, "$1_…")
    .replace(/\bposthorn_[0-9A-Za-z]{49}\b/g, "posthorn_…")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z/g, (time) =>
      time.length > 20 ? "<milliseconds>" : "<seconds>",
    )
    .replace(/("response_time": ?)\d+/g, "$10")
    .replace(/Posthorn \d+\.\d+\.\d+(\+[0-9a-f]+)?/g, "Posthorn <version>");
}

function answerIn(shown: string): unknown {
  const [line] = /\{"success".*\}/.exec(shown) ?? [];
  return line === undefined ? null : JSON.parse(general(line));
}

/** Resolves when Posthorn has nothing to send; not to be waited for before it listens. */
async function rested(port: number, { dataDir }: Place): Promise<void> {
  const key = readFileSync(join(dataDir, "admin.key"), "utf8").trim();
  await until("nothing is pending", async () => {
    const response = await fetch(`http://127.0.0.1:${port}/health`, { headers: { Authorization: `Bearer ${key}` } });
    const { data } = (await response.json()) as { data: { pending: number } };
    return data.pending === 0;
  });
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly description: string }>>>>;
}

test("the API's table names every route of the document, no other, and the least scope of each", async () => {
  using place = emptyPlace();
  await using posthorn = await startBinary(place);
  const { paths } = (await (await fetch(`${posthorn.url}/swagger/json`)).json()) as OpenApi;
  const documented = Object.entries(paths).flatMap(([path, routes]) =>
    Object.entries(routes).map(([method, { description }]) => [
      `\`${method.toUpperCase()} ${path}\``,
      keyOf(description),
    ]),
  );
  expect(tableRows(section(README, "Routes")).map(([route, key]) => [route, key])).toEqual(documented);
});

/** "Scopes: `read`, `manage`, `admin`, of a key of all tenants." → "`read`, all tenants" */
function keyOf(description: string): string {
  const [, least] = /Scopes: (`\w+`)/.exec(description) ?? [];
  if (least === undefined) return "–";
  return description.includes("of a key of all tenants") ? `${least}, all tenants` : least;
}

test("the table of event types is the program's, with what the samples hold", () => {
  const known = SMARTCV_EVENT_TYPES.map(({ name, description, sample }) => [name, description, shapeOf(sample)]);
  expect(tableRows(section(README, "Event types"))).toEqual(
    known.map(([name, description = "", shape]) => [`\`${name}\``, description, `\`${shape}\``]),
  );
});

/** `{resume: {id: "1"}, fields: ["title"]}` → "{resume {id}, fields}" */
function shapeOf(sample: object): string {
  const members = Object.entries(sample).map(([name, value]) => {
    const isObject = typeof value === "object" && !Array.isArray(value);
    return isObject ? `${name} ${shapeOf(value)}` : name;
  });
  return `{${members.join(", ")}}`;
}

test.each([
  ["Webhook fields", Object.keys(NewWebhookBody.properties)],
  ["Delivery status", [...DELIVERY_STATES, "sending"]],
])('the table under "%s" leaves none out, and adds none', (title, known) => {
  const named = tableRows(section(README, title)).map(([name]) => name);
  expect(named.toSorted()).toEqual(known.map((name) => `\`${name}\``).toSorted());
});

test("the table of errors is the one that the program answers by", () => {
  const known = Object.entries(PROBLEMS).map(([code, { status, meaning }]) => [`\`${code}\``, String(status), meaning]);
  expect(tableRows(section(README, "Errors"))).toEqual(known);
});

test("the error that the README shows is the one that such a request gets", async () => {
  using place = emptyPlace();
  await using posthorn = await startBinary(place);
  const response = await fetch(`${posthorn.url}/api/events`, {
    method: "POST",
    headers: { Authorization: `Bearer ${posthorn.adminKey}`, "Content-Type": "application/json" },
    body: JSON.stringify({ type: "resume.craeted", data: {} }),
  });
  const [shown] = fences(section(README, "Errors"));
  expect(JSON.parse(general(await response.text()))).toEqual(JSON.parse(general(shown?.text ?? "")));
});

test("the README's own event types can be loaded as they stand", () => {
  const [types] = fences(section(README, "Configuration"));
  expect(parseEventTypes(types?.text ?? "")).toMatchObject({ ok: true, value: [{ name: "order.created" }] });
});

test("the table of limits is the one that the program keeps", () => {
  const upTo = (most: number) => most.toLocaleString("en");
  const { maxEventBytes, concurrency, concurrencyPerWebhook, maxWebhooks, maxBacklog, ratePerSecond } = SETTINGS;
  const settable = ({ name, fallback }: typeof maxWebhooks, most: number) =>
    `${upTo(fallback)}, by \`${name}\` up to ${upTo(most)}`;
  expect(tableRows(section(README, "Limits"))).toEqual([
    [
      "The request that posts an event",
      `${maxEventBytes.default}, by \`${maxEventBytes.name}\` up to ${formatSize(limits.EVENT_SIZE_MAX_BYTES)}`,
    ],
    ["Any other request's body", formatSize(limits.REQUEST_BODY_MAX_BYTES)],
    ["Nesting of a request's JSON", `${limits.JSON_DEPTH_MAX} levels`],
    ["Fields of a request's JSON", `${upTo(limits.BODY_FIELDS_MAX)}, not counting those inside of others`],
    ["Sending a request's body, or leaving a connection idle", `${limits.CONNECTION_IDLE_SECONDS}s`],
    ["A webhook's URL", `${upTo(limits.URL_MAX_CHARACTERS)} characters`],
    ["A webhook's subscriptions", `${limits.SUBSCRIPTIONS_MAX}`],
    ["A webhook's secret", `${limits.SECRET_MAX_CHARACTERS} characters`],
    ["A webhook's own headers", `${limits.CUSTOM_HEADERS_MAX}, ${formatSize(limits.CUSTOM_HEADERS_MAX_BYTES)} in all`],
    ["Steps of a retry schedule", `${limits.RETRY_STEPS_MAX}, of ${formatDuration(limits.RETRY_STEP_MAX_MS)} each`],
    ["Deadline of one attempt", `${limits.TIMEOUT_MAX_MS / 1_000}s`],
    [
      "Requests in flight",
      `\`${concurrency.name}\`, up to ${upTo(limits.CONCURRENCY_MAX)}; for one webhook \`${concurrencyPerWebhook.name}\`, up to ${upTo(limits.CONCURRENCY_PER_WEBHOOK_MAX)}`,
    ],
    ["Webhooks of one tenant", settable(maxWebhooks, settingLimits.WEBHOOKS_PER_TENANT_MAX)],
    ["Pending deliveries", settable(maxBacklog, settingLimits.BACKLOG_MAX)],
    ["Requests of one key", `as many as it likes; \`${ratePerSecond.name}\` sets a bound a second`],
    ["Keys of one tenant, and of all tenants as a group", upTo(limits.KEYS_PER_TENANT_MAX)],
    ["Sessions of one key", `${upTo(limits.SESSIONS_PER_KEY_MAX)}: one more ends the oldest`],
    [
      "Entries of the audit log for one tenant",
      `${upTo(limits.AUDIT_ENTRIES_PER_TENANT_MAX)}: one more ends the oldest`,
    ],
    [
      "Wrong keys of one address",
      `${limits.WRONG_KEYS_BURST} at once, and ${limits.WRONG_KEYS_PER_SECOND} a second from then on`,
    ],
    ["Tests at once for one tenant", `${limits.TESTS_PER_TENANT_MAX}`],
    ["Rows on a page", `${limits.PAGE_MAX}`],
    ["Deliveries that one request resends", upTo(limits.RESEND_MAX)],
    ["Duration of a read", formatDuration(limits.READ_MAX_MS)],
    ["Reads that wait for their turn, all tenants together", upTo(limits.READS_WAITING_MAX)],
    [
      `Answers of more than ${formatSize(limits.ANSWER_PIECE_BYTES)} that are not read yet, all tenants together`,
      formatSize(limits.ANSWERS_UNREAD_MAX_BYTES),
    ],
    [
      "What one answer shows of all attempts' responses",
      `${formatSize(limits.SHOWN_BODIES_MAX_BYTES)} as JSON, an equal share of each`,
    ],
  ]);
});

describe("the receivers' code is the specification's, line for line", () => {
  const specification = new Set(linesOf(readFileSync(join(ROOT, "test/corpora/smartcv-webhooks-api.txt"), "utf8")));
  test.each(["js", "python"])("%s", (language) => {
    const [code] = fences(section(README, "Verifying at the receiver")).filter((fence) => fence.language === language);
    const lines = linesOf(code?.text ?? "");
    expect(lines.length).toBeGreaterThan(30);
    expect(lines.filter((line) => ![...specification].some((known) => known.startsWith(line)))).toEqual([]);
  });
});

function linesOf(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

test("the table of torture names every suite, in the order in which they run", async () => {
  const { stdout } = Bun.spawn([process.execPath, join(ROOT, "scripts/torture.ts"), "no-such-suite"]);
  const suites = [...(await stdout.text()).matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => `\`${name}\``);
  const rows = tableRows(section(README, "Torture")).filter(({ length }) => length === 4);
  expect(rows.map(([suite]) => suite)).toEqual(suites);
});

test("every setting that the README names is one", () => {
  const known = Object.values<{ readonly name: string }>(SETTINGS).flatMap(({ name }) => [name, `${name}_FILE`]);
  const named = [...README.matchAll(/\bPOSTHORN_[A-Z_]*[A-Z]/g)].map(([name]) => name);
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

test("every path that the README names is there", () => {
  const paths = codeSpans(README).flatMap((code) => /^(?:src|test|scripts)\/[\w./-]+/.exec(code)?.[0] ?? []);
  expect(paths.length).toBeGreaterThan(30);
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test("every link within the README leads somewhere, and its contents name every section", () => {
  const anchors = [...README.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => title.toLowerCase().replaceAll(" ", "-"));
  const links = [...README.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = ""]) => anchor);
  expect(links.filter((link) => !anchors.includes(link))).toEqual([]);
  const sections = [...README.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
  const [contents = ""] = /\*\*Contents:[\s\S]*?\n\n/.exec(README) ?? [];
  expect([...contents.matchAll(/\[([^\]]+)\]/g)].map(([, title]) => title?.replaceAll("\n", " "))).toEqual(sections);
});
