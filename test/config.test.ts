import { describe, expect, test } from "bun:test";
import { type Config, type LoadedConfig, loadConfig } from "../src/config.ts";
import { SETTINGS } from "../src/settings.ts";

interface Given {
  readonly env?: Record<string, string>;
  readonly flags?: Record<string, string>;
  readonly files?: Record<string, string>;
}

function load({ env = {}, flags = {}, files = {} }: Given): LoadedConfig {
  return loadConfig({ env, flags, readFile: (path) => files[path] ?? missing(path) });
}

function missing(path: string): never {
  throw Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });
}

function configOf(given: Given): Config {
  const loaded = load(given);
  if (!loaded.ok) throw new Error(loaded.problems.join("\n"));
  return loaded.config;
}

function problemsOf(given: Given): readonly string[] {
  const loaded = load(given);
  return loaded.ok ? [] : loaded.problems;
}

const KEY = "k".repeat(32);

test("without any setting the values are those of the documentation", () => {
  const { eventTypes, ...config } = configOf({});
  expect(config).toEqual({
    host: "127.0.0.1",
    port: 8_787,
    dataDir: "./data",
    adminKey: null,
    secretKey: null,
    newSecretKey: null,
    retryScheduleMs: [1_000, 2_000, 4_000],
    timeoutMs: 30_000,
    connectTimeoutMs: 10_000,
    concurrency: 2_048,
    concurrencyPerWebhook: 16,
    allowPrivateCidrs: [],
    allowHosts: [],
    maxEventBytes: 256 * 1_024,
    responseCaptureBytes: 16 * 1_024,
    diskReserveBytes: 64 * 1_024 * 1_024,
    maxWebhooks: 1_000,
    maxBacklog: 10_000_000,
    ratePerSecond: null,
    retentionMs: 30 * 86_400_000,
    auditRetentionMs: 365 * 86_400_000,
    pruneCron: "17 * * * *",
    headerPrefix: "X-SmartCV-",
    apiVersion: "2024-12-30",
    corsOrigins: [],
    publicUrl: null,
    shutdownGraceMs: 25_000,
    logLevel: "info",
    logFormat: "auto",
  });
  expect(eventTypes).toHaveLength(10);
});

test("every setting's example is a value that it accepts", () => {
  const files = { "/etc/posthorn/event-types.json": '[{"name":"order.created"}]' };
  for (const { name, example } of Object.values(SETTINGS)) {
    const value = example.startsWith("$(") ? "0123456789abcdef".repeat(4) : example;
    expect({ name, problems: problemsOf({ env: { [name]: value }, files }) }).toEqual({ name, problems: [] });
  }
});

test("the configuration and its lists are frozen", () => {
  const config = configOf({ env: { POSTHORN_CORS_ORIGINS: "https://a.example" } });
  expect(Object.isFrozen(config)).toBe(true);
  expect(Object.isFrozen(config.corsOrigins)).toBe(true);
  expect(Object.isFrozen(config.retryScheduleMs)).toBe(true);
});

describe("where a value comes from", () => {
  test("a flag wins over the environment, and both over the default", () => {
    const loaded = load({ env: { POSTHORN_PORT: "1", POSTHORN_HOST: "::1" }, flags: { port: "2" } });
    expect(loaded.ok && loaded.config).toMatchObject({ port: 2, host: "::1" });
    expect(loaded.ok && loaded.sources).toMatchObject({
      port: { from: "--port", text: "2" },
      host: { from: "POSTHORN_HOST", text: "::1" },
      timeoutMs: { from: "default", text: "30s" },
    });
  });

  test("a name that ends in _FILE takes the value from that file, without the white space around it", () => {
    const loaded = load({ env: { POSTHORN_ADMIN_KEY_FILE: "/run/key" }, files: { "/run/key": `${KEY}\n` } });
    expect(loaded.ok && loaded.config.adminKey?.reveal()).toBe(KEY);
    expect(loaded.ok && loaded.sources.adminKey).toEqual({ from: "POSTHORN_ADMIN_KEY_FILE", text: "***" });
  });

  test("a flag that ends in -file does the same", () => {
    const loaded = load({ flags: { "port-file": "/run/port" }, files: { "/run/port": "99" } });
    expect(loaded.ok && [loaded.config.port, loaded.sources.port.from]).toEqual([99, "--port-file"]);
  });

  test("an empty value counts as not set, also over a file", () => {
    expect(configOf({ env: { POSTHORN_PORT: "", POSTHORN_ADMIN_KEY: "" } })).toMatchObject({
      port: 8_787,
      adminKey: null,
    });
    expect(configOf({ env: { POSTHORN_PORT: "", POSTHORN_PORT_FILE: "p" }, files: { p: "5" } }).port).toBe(5);
  });

  test("a value and a file for it are a contradiction", () => {
    const env = { POSTHORN_PORT: "1", POSTHORN_PORT_FILE: "p" };
    expect(problemsOf({ env, files: { p: "5" } })).toEqual([
      "POSTHORN_PORT and POSTHORN_PORT_FILE are both set; keep one of them.",
    ]);
  });

  test("a file that is not there is named", () => {
    expect(problemsOf({ env: { POSTHORN_ADMIN_KEY_FILE: "/run/key" } })).toEqual([
      'POSTHORN_ADMIN_KEY_FILE names a file that cannot be read: "/run/key" (there is no such file).',
    ]);
  });

  test("what Kubernetes injects for a service of our name is ignored", () => {
    const env = {
      POSTHORN_PORT: "tcp://10.0.0.1:80",
      POSTHORN_PORT_80_TCP: "tcp://10.0.0.1:80",
      POSTHORN_SERVICE_HOST: "10.0.0.1",
    };
    const loaded = load({ env });
    expect(loaded.ok && [loaded.config.port, loaded.warnings]).toEqual([8_787, []]);
  });
});

describe("what is told about a mistake", () => {
  test("what was set is told on one line, whatever is in it, be it a name", () => {
    const odd = "\n\x1b[2J\x85\u2028\u202e";
    const loaded = load({ env: { [`POSTHORN_X${odd}`]: "1", POSTHORN_PORT: `8${odd}` } });
    const told = [...loaded.warnings, ...(loaded.ok ? [] : loaded.problems)];
    expect(told).toHaveLength(2);
    expect(told.join("")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  test("an unknown name is a warning that says what was probably meant", () => {
    const loaded = load({
      env: { POSTHORN_PROT: "1", POSTHORN_TIMEOUT_FIEL: "x", POSTHORN_ZZZZZZ: "1", PATH: "/bin" },
    });
    expect(loaded.ok && loaded.warnings).toEqual([
      "POSTHORN_PROT is not a setting. Did you mean POSTHORN_PORT?",
      "POSTHORN_TIMEOUT_FIEL is not a setting. Did you mean POSTHORN_TIMEOUT_FILE?",
      "POSTHORN_ZZZZZZ is not a setting. `posthorn --help` lists them.",
    ]);
  });

  test("all problems are told at once", () => {
    const env = { POSTHORN_PORT: "http", POSTHORN_TIMEOUT: "30", POSTHORN_LOG_LEVEL: "loud" };
    expect(problemsOf({ env })).toEqual([
      'POSTHORN_PORT must be a whole number from 0 to 65535. It is "http"; an example: 80',
      'POSTHORN_TIMEOUT must be a duration from 1s to 1m. It is "30"; an example: 10s',
      'POSTHORN_LOG_LEVEL must be one of debug, info, warn, error. It is "loud"; an example: debug',
    ]);
  });

  test("a flag is called what the operator typed", () => {
    expect(problemsOf({ flags: { port: "x" } })[0]).toStartWith("--port must be a whole number");
  });

  test("the entry of a list that is wrong is named", () => {
    expect(problemsOf({ env: { POSTHORN_RETRY_SCHEDULE: "1s, soon" } })[0]).toContain(
      'a list with commas, each entry a duration from 100ms to 7d; "soon" is not',
    );
  });

  test("a secret is never shown, only its length", () => {
    const [problem] = problemsOf({ env: { POSTHORN_ADMIN_KEY: "hunter2 hunter2" } });
    expect(problem).toContain("It has 15 characters");
    expect(problem).not.toContain("hunter2");
  });
});

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  POSTHORN_HOST: ["http://0.0.0.0", "0.0.0.0:80", "a b", "1.2.3", "-x", "a..b"],
  POSTHORN_PORT: ["-1", "65536", "80.5", "0x50", "1e3", " "],
  POSTHORN_DATA_DIR: ["a\nb", "a\0b"],
  POSTHORN_ADMIN_KEY: ["k".repeat(31), `${KEY} ${KEY}`, "k".repeat(257), `${KEY}é`],
  POSTHORN_SECRET_KEY: ["00", "0".repeat(63), "=".repeat(44), "z".repeat(64)],
  POSTHORN_RETRY_SCHEDULE: ["1s,,2s", "99ms", "8d", Array(21).fill("1s").join(), "1s;2s"],
  POSTHORN_TIMEOUT: ["0s", "61s", "999ms", "1.5s", "-1s"],
  POSTHORN_CONCURRENCY: ["0", "16001", "many"],
  POSTHORN_CONCURRENCY_PER_WEBHOOK: ["0", "1025"],
  POSTHORN_ALLOW_PRIVATE_CIDRS: ["10.0.0.0/33", "localhost", "10.0.0.0/8 10.1.0.0/16"],
  POSTHORN_ALLOW_HOSTS: ["127.0.0.1", "[::1]", "*.internal", "app:80", "http://app", "0x7f.1"],
  POSTHORN_MAX_EVENT_SIZE: ["17MB", "1023B", "1GB", "256"],
  POSTHORN_RESPONSE_CAPTURE: ["2MB", "-1B"],
  POSTHORN_MAX_WEBHOOKS: ["0", "1000001", "none", "1,000"],
  POSTHORN_MAX_BACKLOG: ["0", "1000000000", "10M"],
  POSTHORN_RATE_LIMIT: ["100", "0/s", "1000001/s", "1.5/s", "-1/s", "1e3/s", "100/m", "100 /s", "/s", "0"],
  POSTHORN_RETENTION: ["59s", "3651d", "for ever"],
  POSTHORN_DISK_RESERVE: ["64", "-1MB", "1048577MB"],
  POSTHORN_PRUNE_CRON: ["hourly", "61 * * * *", "0 0 30 2 *", "* * *"],
  POSTHORN_HEADER_PREFIX: ["X-Acme", "X Acme-", "Webhook-", "webhook-", "Proxy-", "-", "1X-", `${"x".repeat(40)}-`],
  POSTHORN_API_VERSION: ["a b", "v".repeat(65), "é"],
  POSTHORN_CORS_ORIGINS: [
    "*",
    "app.example.com",
    "https://a.example/path",
    "https://a.example?x",
    "ftp://a.example",
    "null",
  ],
  POSTHORN_PUBLIC_URL: ["hooks.example.com", "https://u:p@a.example", "https://a.example/base", "ws://a.example"],
  POSTHORN_SHUTDOWN_GRACE: ["11m", "soon"],
  POSTHORN_LOG_FORMAT: ["xml"],
};

for (const [name, values] of Object.entries(REFUSED)) {
  test(`${name} refuses what it cannot mean`, () => {
    const accepted = values.filter((value) => problemsOf({ env: { [name]: value } }).length === 0);
    expect(accepted).toEqual([]);
  });
}

describe("values", () => {
  test("lists may have spaces, and `none` is the empty one", () => {
    const env = { POSTHORN_RETRY_SCHEDULE: "none", POSTHORN_ALLOW_HOSTS: "Localhost , app." };
    expect(configOf({ env })).toMatchObject({ retryScheduleMs: [], allowHosts: ["localhost", "app"] });
  });

  test.each([
    ["none", null],
    ["1/s", 1],
    ["1000000/s", 1_000_000],
  ])("a rate of %s", (text, perSecond) => {
    expect(configOf({ env: { POSTHORN_RATE_LIMIT: text } }).ratePerSecond).toBe(perSecond);
  });

  test("an address may stand in brackets", () => {
    expect(configOf({ env: { POSTHORN_HOST: "[::1]" } }).host).toBe("::1");
  });

  test("origins take the form in which a browser sends them", () => {
    const env = { POSTHORN_CORS_ORIGINS: "https://App.Example.com/,http://localhost:3000,https://a.example:443" };
    expect(configOf({ env }).corsOrigins).toEqual([
      "https://app.example.com",
      "http://localhost:3000",
      "https://a.example",
    ]);
  });

  test("the sealing key is the same key in base64 and in hexadecimal", () => {
    const bytes = Buffer.alloc(32, 0xfb);
    const revealed = (["hex", "base64", "base64url"] as const).map((form) =>
      configOf({ env: { POSTHORN_SECRET_KEY: bytes.toString(form) } }).secretKey?.reveal(),
    );
    expect(revealed).toEqual([bytes.toString("hex"), bytes.toString("hex"), bytes.toString("hex")]);
  });

  test("a part that was set must fit into its whole", () => {
    const env = { POSTHORN_CONNECT_TIMEOUT: "6s", POSTHORN_TIMEOUT: "5s", POSTHORN_CONCURRENCY_PER_WEBHOOK: "9" };
    expect(problemsOf({ env, flags: { concurrency: "8" } })).toEqual([
      "POSTHORN_CONNECT_TIMEOUT (6s) must be at most POSTHORN_TIMEOUT (5s).",
      "POSTHORN_CONCURRENCY_PER_WEBHOOK (9) must be at most POSTHORN_CONCURRENCY (8).",
    ]);
  });

  test("a part that was not set gives way to its whole", () => {
    const loaded = load({ env: { POSTHORN_TIMEOUT: "5s", POSTHORN_CONCURRENCY: "8" } });
    expect(loaded.ok && loaded.config).toMatchObject({ connectTimeoutMs: 5_000, concurrencyPerWebhook: 8 });
    expect(loaded.ok && loaded.sources.connectTimeoutMs).toEqual({ from: "POSTHORN_TIMEOUT", text: "5s" });
  });
});

describe("the catalogue of event types", () => {
  const order = '[{"name":"order.created","description":"An order","sample":{"id":1}},{"name":"order.paid"}]';
  const parsed = [
    { name: "order.created", description: "An order", sample: { id: 1 } },
    { name: "order.paid", description: "", sample: {} },
  ];

  test("comes from a file, from the text itself, or is anything", () => {
    const files = { "types.json": order };
    expect(configOf({ env: { POSTHORN_EVENT_TYPES: "types.json" }, files }).eventTypes).toEqual(parsed);
    expect(configOf({ env: { POSTHORN_EVENT_TYPES_FILE: "types.json" }, files }).eventTypes).toEqual(parsed);
    expect(configOf({ env: { POSTHORN_EVENT_TYPES: "any" } }).eventTypes).toBe("any");
  });

  const mistakes: readonly (readonly [text: string, says: string])[] = [
    ["[]", "1 to 1000 objects"],
    ["[broken", "1 to 1000 objects"],
    ["[1]", "entry 1 is not an object"],
    ['[{"name":"a"},{"name":"a"}]', 'entry 2 repeats the name "a"'],
    ['[{"sample":{}}]', "entry 1 has no name"],
    [
      '[{"name":"a b"}]',
      'entry 1 has the name "a b": a name such as "order.created" is made of A-Z, a-z, 0-9, _ and -',
    ],
    ['[{"name":"a","sampel":{}}]', 'entry 1 has an unknown field "sampel". Did you mean "sample"?'],
    ['[{"name":"a","sample":[]}]', "entry 1 has a sample that is not an object"],
    ['[{"name":"a","description":1}]', "entry 1 has a description that is not a text"],
  ];
  test.each(mistakes)("%s is refused", (text, says) => {
    expect(problemsOf({ env: { POSTHORN_EVENT_TYPES: text } })[0]).toContain(says);
  });

  test("a file that is not there is named", () => {
    expect(problemsOf({ env: { POSTHORN_EVENT_TYPES: "types.json" } })).toEqual([
      'POSTHORN_EVENT_TYPES names a file that cannot be read: "types.json" (there is no such file).',
    ]);
  });
});
