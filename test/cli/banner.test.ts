import { describe, expect, test } from "bun:test";
import { banner } from "../../src/cli/banner.ts";

describe("the banner", () => {
  const facts = { version: "1.2.3", url: "http://127.0.0.1:8787", dataDir: "/d", adminKeyPath: "/d/admin.key" };

  test("tells the version, both addresses, the directory and the key's file", () => {
    expect(banner({ ...facts, newAdminKey: null })).toBe(`
  Posthorn 1.2.3

  API        http://127.0.0.1:8787
  Docs       http://127.0.0.1:8787/swagger
  Data       /d
  Admin key  /d/admin.key

`);
  });

  test("shows a directory's name as what it is", () => {
    expect(banner({ ...facts, dataDir: "/d\u202e", newAdminKey: null })).toContain("Data       /d\\u202e\n");
  });

  test("shows a key that was just made", () => {
    expect(banner({ ...facts, newAdminKey: "posthorn_new" })).toContain("             posthorn_new\n");
  });
});
