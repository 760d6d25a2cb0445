import { expect, test } from "bun:test";
import { engineTime } from "../src/engine-time.ts";
import { createFakeWorld } from "./support/fake-world.ts";

test("a wall clock that is set back or forward does not move engine time", async () => {
  const { clock } = createFakeWorld();
  const now = engineTime(clock);
  const start = now();
  expect(start).toBe(clock.wall());
  clock.stepWall(-86_400_000);
  await clock.advance(5_000);
  clock.stepWall(2 * 86_400_000);
  expect(now() - start).toBe(5_000);
});
