import { expect, test } from "bun:test";
import { RecentHead } from "../../src/real/recent-head.ts";
import { feed } from "../support/fed-exchange.ts";

const head = (length: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n`;
const parse = (recent: RecentHead, text: string) => recent.parse(`${text}\r\nbody`, text.length - 2);

test("a head that came before is known again, another is parsed", () => {
  const recent = new RecentHead();
  const first = parse(recent, head(1));
  expect(first).toMatchObject({ status: 200, framing: 1 });
  expect(parse(recent, head(1))).toBe(first);
  expect(parse(recent, head(2))).toMatchObject({ framing: 2 });
  expect(parse(recent, head(1))).toEqual(first);
});

test("a head that begins as the one before, but goes on, is another", () => {
  const recent = new RecentHead();
  parse(recent, head(1));
  expect(parse(recent, `${head(1)}Connection: close\r\n`)).toMatchObject({ isPersistent: false });
  expect(parse(recent, head(1))).toMatchObject({ isPersistent: true });
});

test("what was malformed is so again", () => {
  const recent = new RecentHead();
  for (let round = 0; round < 2; round++)
    expect(parse(recent, "HTTP/1.1 200 OK\r\nA : b\r\n")).toBe("malformed_response");
});

test("a body behind a head that is known is its own", async () => {
  const recentHead = new RecentHead();
  for (const body of ["one", "two"]) {
    expect(await feed([`${head(3)}\r\n${body}`], { recentHead })).toMatchObject({ body, connection: "kept" });
  }
});
