import { expect, test } from "bun:test";
import { startHttpApp } from "../support/http-app.ts";

test("the page runs scripts from here alone, and none that stands in it", async () => {
  await using app = await startHttpApp();
  const told = await app.call("GET", "/swagger", { key: null });
  expect([told.status, told.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  const policy = told.headers.get("content-security-policy");
  for (const rule of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]) {
    expect(policy).toContain(rule);
  }
  expect(policy).not.toContain("unsafe");
  expect(told.text).not.toMatch(/<script(?![^>]*\bsrc=)/);
  expect(told.text).not.toMatch(/\bhttps?:\/\//);
});

test("every file that the page names is served from here", async () => {
  await using app = await startHttpApp();
  const page = await app.call("GET", "/swagger", { key: null });
  const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file = ""]) => file);
  expect(files).toBeArrayOfSize(4);
  for (const file of files) {
    const told = await app.call("GET", file, { key: null });
    expect([file, told.status, told.headers.get("content-type")]).toEqual([
      ...[file, 200],
      expect.stringMatching(/^(text\/(javascript|css); charset=utf-8|image\/png)$/),
    ]);
    expect(told.text).not.toBe("");
  }
});

test.each(["nothing.js", "..%2Fswagger-ui.js", "swagger-ui-bundle.js.map", "constructor"])(
  "there is no file %s",
  async (name) => {
    await using app = await startHttpApp();
    expect((await app.call("GET", `/swagger/${name}`, { key: null })).at("error.code")).toBe("unknown_route");
  },
);

test("the root leads to the page", async () => {
  await using app = await startHttpApp();
  const told = await app.call("GET", "/", { key: null });
  expect([told.status, told.headers.get("location")]).toEqual([302, "/swagger"]);
  expect(told.at("data")).toEqual({ documentation: "/swagger", document: "/swagger/json" });
});
