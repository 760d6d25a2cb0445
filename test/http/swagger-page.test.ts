import { expect, test } from "bun:test";
import { type Browser, chromium, type Page } from "playwright-core";
import { listen } from "../../src/http/server.ts";
import { ADMIN_KEY, type HttpApp, startHttpApp } from "../support/http-app.ts";

const PATIENCE_MS = 60_000;
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"];
const OFFLINE = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** The page in a real browser, and everything that must stay empty. */
interface Opened extends AsyncDisposable {
  readonly app: HttpApp;
  readonly page: Page;
  readonly origin: string;
  /** Requests to anywhere but the server. */
  readonly strangers: readonly string[];
  /** Warnings, errors and refusals that the browser wrote down. */
  readonly complaints: readonly string[];
}

async function openPage(): Promise<Opened> {
  const app = await startHttpApp();
  const listening = listen(app.parts, { hostname: "127.0.0.1", port: 0 });
  const browser: Browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: [...QUIET, ...OFFLINE] });
  const page = await browser.newPage({ viewport: { width: 1_280, height: 1_600 } });
  const strangers: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.origin !== listening.url) strangers.push(url.href);
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${listening.url}/`);
  await page.locator(".opblock").first().waitFor();
  return {
    ...{ app, page, origin: listening.url, strangers, complaints },
    async [Symbol.asyncDispose]() {
      await browser.close();
      await Promise.all([listening.stop(0), app.world.clock.advance(0)]);
      await app[Symbol.asyncDispose]();
    },
  };
}

/** Opens an operation, writes the body, executes it, and gives what the page shows of the answer. */
async function tryOut(page: Page, operationId: string, body: object): Promise<{ status: string; text: string }> {
  const block = page.locator(`.opblock[id$="-${operationId}"]`);
  await block.locator(".opblock-summary-control").click();
  await block.locator("textarea.body-param__text").fill(JSON.stringify(body));
  await block.locator("button.execute").click();
  const answer = block.locator(".live-responses-table .response").first();
  await answer.waitFor();
  const status = (await answer.locator(".response-col_status").first().textContent()) ?? "";
  return { status: status.trim(), text: (await answer.textContent()) ?? "" };
}

const EVENT = { type: "resume.created", id: "from-the-page", data: { n: 1 } };

test(
  "the page shows every operation, asks nobody else, and sends an event with a session's cookie",
  async () => {
    await using opened = await openPage();
    const { app, page, strangers, complaints } = opened;
    expect(await page.locator(".opblock").count()).toBe(29);

    expect((await tryOut(page, "openSession", { key: ADMIN_KEY })).status).toStartWith("201");
    expect(await page.context().cookies()).toMatchObject([
      { name: "posthorn_session", httpOnly: true, sameSite: "Strict" },
    ]);
    const told = await tryOut(page, "postEvent", EVENT);
    expect(told.status).toStartWith("202");
    expect(told.text).toContain("from-the-page");
    expect((await app.call("GET", "/api/events/from-the-page")).status).toBe(200);

    expect([...strangers]).toEqual([]);
    expect([...complaints]).toEqual([]);
  },
  PATIENCE_MS,
);

test(
  "a pasted key works as well: its field is the only one and has the focus, and a reload forgets it",
  async () => {
    await using opened = await openPage();
    const { app, page, strangers, complaints } = opened;
    await page.locator("button.authorize").first().click();
    await page.locator("#auth-bearer-value:focus").waitFor();
    expect(await page.locator(".dialog-ux input").count()).toBe(1);
    await page.keyboard.type(ADMIN_KEY);
    await page.keyboard.press("Enter");
    await page.locator(".btn-done").click();
    expect((await tryOut(page, "postEvent", EVENT)).status).toStartWith("202");
    expect((await app.call("GET", "/api/events/from-the-page")).status).toBe(200);
    expect([...strangers, ...complaints]).toEqual([]);
    expect(await page.locator("button.authorize.locked").count()).toBe(1);
    expect(await page.evaluate("localStorage.length + sessionStorage.length")).toBe(0);
    await page.reload();
    await page.locator(".opblock").first().waitFor();
    expect(await page.locator("button.authorize.unlocked").count()).toBe(1);
  },
  PATIENCE_MS,
);

/** SmartCV: Managing Webhooks and Webhook Logs, as they stand there. */
const SPECIFIED = `
  async function getWebhooks() {
    const response = await fetch('/api/webhooks', {
      credentials: 'include'
    })
    return response.json()
  }
  async function updateWebhook(webhookId, updates) {
    const response = await fetch(\`/api/webhooks/\${webhookId}\`, {
      method: 'PUT',
      headers: {
        'Content-Type': 'application/json'
      },
      credentials: 'include',
      body: JSON.stringify(updates)
    })
    return response.json()
  }
  async function deleteWebhook(webhookId) {
    const response = await fetch(\`/api/webhooks/\${webhookId}\`, {
      method: 'DELETE',
      credentials: 'include'
    })
    return response.json()
  }
  async function getWebhookLogs(webhookId, limit = 50) {
    const response = await fetch(\`/api/webhooks/\${webhookId}/logs?limit=\${limit}\`, {
      credentials: 'include'
    })
    return response.json()
  }
`;

test(
  "the specification's own snippets work from a page of this origin",
  async () => {
    await using opened = await openPage();
    const { app, page } = opened;
    const body = { url: "https://example.com/hook", events: ["*"] };
    const id = (await app.call("POST", "/api/webhooks", { body })).textAt("data.id");
    const told = await page.evaluate(`(async () => {
      ${SPECIFIED}
      const headers = { "Content-Type": "application/json" };
      const body = JSON.stringify({ key: ${JSON.stringify(ADMIN_KEY)} });
      await fetch("/api/session", { method: "POST", headers, body, credentials: "include" });
      const list = await getWebhooks();
      const changed = await updateWebhook(${JSON.stringify(id)}, { active: false });
      const logs = await getWebhookLogs(${JSON.stringify(id)});
      const deleted = await deleteWebhook(${JSON.stringify(id)});
      return { list, changed, logs, deleted };
    })()`);
    expect(told).toMatchObject({
      list: { success: true, data: [{ id }] },
      changed: { success: true, data: { id, active: false } },
      logs: { success: true, data: [] },
      deleted: { success: true, data: { id, deleted: true } },
    });
  },
  PATIENCE_MS,
);
