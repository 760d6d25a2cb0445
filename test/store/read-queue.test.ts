import { expect, test } from "bun:test";
import { type ReaderLink, ReadQueue } from "../../src/store/sqlite/front/read-queue.ts";
import { createFakeClock } from "../support/fake-clock.ts";

test("what the delivery loop asks waits for the question under way, and for no other", async () => {
  const asked: string[] = [];
  const link: ReaderLink = {
    ask: async ({ verb }) => {
      asked.push(verb);
      return { kind: "done", answer: verb };
    },
    close: async () => {},
    cut: () => {},
  };
  const reads = new ReadQueue({ link, newLink: () => link, clock: createFakeClock(), onFatal: () => {} });
  const read = (verb: "stats" | "lanes") =>
    reads.read<typeof verb, unknown>({ verb, argument: null }, (answer) => answer);
  const answers = await Promise.all([read("stats"), read("stats"), read("stats"), read("lanes")]);
  expect(answers.map(String)).toEqual(["stats", "stats", "stats", "lanes"]);
  expect(asked).toEqual(["stats", "lanes", "stats", "stats"]);
});
