import { expect, test } from "bun:test";
import { putNewest } from "../../src/domain/newest.ts";

test("beyond the bound what was put longest ago goes, and what is put again is the newest", () => {
  const map = new Map<string, number>();
  for (const key of ["a", "b", "c"]) putNewest(map, key, 1, 3);
  putNewest(map, "a", 2, 3);
  expect([...map]).toEqual([
    ["b", 1],
    ["c", 1],
    ["a", 2],
  ]);
  putNewest(map, "d", 1, 3);
  expect([...map.keys()]).toEqual(["c", "a", "d"]);
});
