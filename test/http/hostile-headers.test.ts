import { describe, expect, test } from "bun:test";
import { CUSTOM_HEADERS_MAX, CUSTOM_HEADERS_MAX_BYTES } from "../../src/limits.ts";
import type { Operation } from "../support/api-document.ts";
import { startReceiver } from "../support/receiver.ts";
import { startService } from "../support/service.ts";
import { type AttackedApp, startAttackedApp } from "./attacked-app.ts";

const HOOK = { url: "https://example.com/hook", events: ["*"] };
const PREFIX = "X-SmartCV-";

/** Every route that takes headers, also one that is not thought of yet. */
function takers({ operations }: AttackedApp): readonly Operation[] {
  return operations.filter(({ body }) => body !== null && "headers" in body.fields);
}

/** A text in which nobody would look for it: in each case, and with the letters of both mixed. */
function cases(name: string): readonly string[] {
  const mixed = [...name].map((letter, at) => (at % 2 === 0 ? letter.toLowerCase() : letter.toUpperCase()));
  return [name, name.toLowerCase(), name.toUpperCase(), mixed.join("")];
}

const RESERVED = [
  ...["Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "TE", "Trailer", "Keep-Alive", "Expect"],
  ...["Proxy-Authorization", "Proxy-Connection", "Proxy-", "Content-Type", "User-Agent"],
  ...["webhook-id", "webhook-timestamp", "webhook-signature", "webhook-"],
  ...["Signature", "Event", "Delivery", "Attempt", "Timestamp", "Anything", ""].map((end) => PREFIX + end),
];

const ASCII_CONTROLS = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code));
const LATIN_CONTROLS = Array.from({ length: 33 }, (_, code) => String.fromCharCode(0x7f + code));
const NOT_LATIN = ["\u0100", "\u2028", "\u4e2d", "\uff1a", "\ufeff", "\u0130", "\u017f", "\u{1f600}"];
/** RFC 9110 §5.6.2: what is no token. */
const SEPARATORS = [...'()<>@,;:\\"/[]?={} \xa0\xe9'];

const NAMES = [
  ...RESERVED.flatMap(cases),
  // A letter that becomes an ASCII one when it is turned into lower or upper case.
  ...["\u212aeep-Alive", "Ho\u017ft", "\u017fost", "Trans\ufb00er-Encoding"],
  ...[
    "",
    " ",
    "\t",
    ":",
    " Host",
    "Host ",
    "Host:",
    "Host\0",
    "X-A\r\nHost",
    "X-A: b\r\nHost",
    "X-A\n",
    "\r\n\r\nGET / HTTP/1.1",
  ],
  ...[...ASCII_CONTROLS, ...LATIN_CONTROLS, ...NOT_LATIN, ...SEPARATORS].flatMap((sign) => [
    `X${sign}A`,
    `${sign}X`,
    `X${sign}`,
  ]),
];

const VALUES = [
  ...["a\r\nHost: b", "a\nX-B: c", "a\rX-B: c", "a\r\n\r\nPOST / HTTP/1.1", "a\r\n b", "\r\n", "\ud800", "\udfff"],
  ...[...ASCII_CONTROLS, ...LATIN_CONTROLS, ...NOT_LATIN].flatMap((sign) => [`a${sign}b`, `${sign}a`, `a${sign}`]),
  ...[" a", "a ", " ", "\ta"],
  // What was shown masked says nothing of the value.
  ...["****", "****abcd"],
];

type HeaderSet = Readonly<Record<string, string>>;

const SETS: Readonly<Record<string, HeaderSet>> = {
  "more than twenty": Object.fromEntries(Array.from({ length: CUSTOM_HEADERS_MAX + 1 }, (_, n) => [`X-${n}`, "a"])),
  thousands: Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`X-${n}`, "a"])),
  "more than 4 KiB": { "X-A": "a".repeat(CUSTOM_HEADERS_MAX_BYTES - 2) },
  "more than 4 KiB of a name": { ["a".repeat(CUSTOM_HEADERS_MAX_BYTES + 1)]: "" },
  "more than 4 KiB together": Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`X-${n}`, "a".repeat(210)])),
  "one twice, in another case": { "X-A": "a", "x-a": "b" },
  "one that is right and one that is reserved": { "X-A": "a", hOST: "b" },
};

const ATTACKS: readonly (readonly [promise: string, sets: readonly HeaderSet[]])[] = [
  ["a name that is reserved or none", NAMES.map((name) => ({ [name]: "a" }))],
  ["such a name behind one that is right", NAMES.map((name) => ({ "X-Right": "a", [name]: "a" }))],
  ["a value that would end its line or is not Latin", VALUES.map((value) => ({ "X-A": value }))],
  ["too many, too long or twice", Object.values(SETS)],
];

describe.each(ATTACKS)("%s", (_, sets) => {
  test("is a 422 at every route that takes headers, and nothing is stored", async () => {
    await using attacked = await startAttackedApp();
    const routes = takers(attacked);
    expect(routes.map(({ id }) => id)).toEqual(["createWebhook", "updateWebhook"]);
    const before = (await attacked.app.call("GET", "/api/webhooks")).text;
    for (const operation of routes) {
      for (const headers of sets) {
        const told = await attacked.ask(operation, { body: { ...HOOK, headers } });
        expect([operation.id, headers, told.status]).toEqual([operation.id, headers, 422]);
        expect(told.textAt("error.details.0.path")).toStartWith("/headers");
      }
    }
    expect((await attacked.app.call("GET", "/api/webhooks")).text).toBe(before);
  });
});

test("of another prefix the names are reserved, and those of the first are free", async () => {
  await using attacked = await startAttackedApp({ settings: { headerPrefix: "X-Acme-" } });
  for (const operation of takers(attacked)) {
    for (const name of cases("X-Acme-Signature")) {
      expect((await attacked.ask(operation, { body: { ...HOOK, headers: { [name]: "a" } } })).status).toBe(422);
    }
    const told = await attacked.ask(operation, { body: { ...HOOK, headers: { "X-SmartCV-Signature": "a" } } });
    expect(told.status).toBeLessThan(300);
  }
});

/** All signs that a name may have, and all that a value may have. */
const ODD = {
  "!#$%&'*+-.^_`|~09azAZ": "a",
  "X-Latin": `(${Array.from({ length: 96 }, (_, code) => String.fromCharCode(0xa0 + code)).join("")})`,
  "X-Ascii": `${Array.from({ length: 94 }, (_, code) => String.fromCharCode(0x21 + code)).join("")}`,
  "X-Inner": "a  b : c, d; e",
  "X-Empty": "",
};

test("what is taken arrives as it was given, beside one host and one length", async () => {
  await using receiver = startReceiver([200]);
  await using running = await startService();
  const made = await running.api("POST", "/api/webhooks", { url: receiver.origin, events: ["*"], headers: ODD });
  expect(made.status).toBe(201);
  await running.api("POST", "/api/events", { type: "resume.created", data: {} });
  const { headers, body } = await receiver.next("the delivery");
  const sent = Object.entries(ODD).map(([name, value]) => [name.toLowerCase(), value]);
  expect(headers).toMatchObject(Object.fromEntries(sent));
  expect([headers["host"], headers["content-length"]]).toEqual([new URL(receiver.origin).host, String(body.length)]);
});
