import { type Catalogue, SMARTCV_EVENT_TYPES } from "./domain/event-types.ts";
import type { Cidr } from "./domain/ip.ts";
import type { Secret } from "./domain/secret.ts";
import {
  CONCURRENCY_MAX,
  CONCURRENCY_PER_WEBHOOK_MAX,
  EVENT_SIZE_MAX_BYTES,
  RETRY_STEP_MAX_MS,
  RETRY_STEP_MIN_MS,
  RETRY_STEPS_MAX,
  TIMEOUT_MAX_MS,
  TIMEOUT_MIN_MS,
} from "./limits.ts";
import { LOG_LEVELS } from "./log.ts";
import { defaultsTo, duration, integer, list, oneOf, type Setting, size } from "./setting.ts";
import {
  BACKLOG_MAX,
  CONNECT_TIMEOUT_MIN_MS,
  DISK_RESERVE_MAX_BYTES,
  EVENT_SIZE_MIN_BYTES,
  RESPONSE_CAPTURE_MAX_BYTES,
  RETENTION_MAX_MS,
  RETENTION_MIN_MS,
  SETTING_MAX_ENTRIES,
  SHUTDOWN_GRACE_MAX_MS,
  WEBHOOKS_PER_TENANT_MAX,
} from "./setting-limits.ts";
import {
  adminKey,
  apiVersion,
  cidr,
  cronPattern,
  dataDirectory,
  eventTypes,
  headerPrefix,
  hostName,
  listenAddress,
  origin,
  publicUrl,
  ratePerSecond,
  sealingKey,
} from "./setting-values.ts";

/** Every setting there is, in the order in which people read about them. Its keys are the fields of `Config`. */
export const SETTINGS = {
  host: setting({
    name: "POSTHORN_HOST",
    what: "Address on which the API listens",
    ...defaultsTo("127.0.0.1", listenAddress),
    example: "0.0.0.0",
  }),
  port: setting({
    name: "POSTHORN_PORT",
    what: "Port on which the API listens; 0 takes a free one and prints it",
    ...defaultsTo("8787", integer(0, 65_535)),
    example: "80",
  }),
  dataDir: setting({
    name: "POSTHORN_DATA_DIR",
    what: "Directory of the database, its lock and the key files",
    ...defaultsTo("./data", dataDirectory),
    example: "/var/lib/posthorn",
  }),
  adminKey: setting<Secret | null>({
    name: "POSTHORN_ADMIN_KEY",
    what: "API key that may do everything, valid while it is set; at least 32 characters",
    default: "made once into `admin.key` in the data directory",
    fallback: null,
    parse: adminKey,
    example: "$(openssl rand -hex 32)",
    secret: true,
  }),
  secretKey: setting<Secret | null>({
    name: "POSTHORN_SECRET_KEY",
    what: "32 bytes, base64 or hex, that seal webhook secrets and custom headers at rest; not part of a backup",
    default: "made once into `secret.key` in the data directory",
    fallback: null,
    parse: sealingKey,
    example: "$(openssl rand -base64 32)",
    secret: true,
  }),
  newSecretKey: setting<Secret | null>({
    name: "POSTHORN_NEW_SECRET_KEY",
    what: "What `posthorn rotate-secret-key` seals everything with, in the same form; of no use to any other command",
    default: "made by `rotate-secret-key` when the key is in `secret.key`",
    fallback: null,
    parse: sealingKey,
    example: "$(openssl rand -base64 32)",
    secret: true,
  }),
  retryScheduleMs: setting({
    name: "POSTHORN_RETRY_SCHEDULE",
    what: `Waits before the retries, one retry a step, at most ${RETRY_STEPS_MAX}; \`none\` for no retry`,
    ...defaultsTo("1s,2s,4s", list(duration(RETRY_STEP_MIN_MS, RETRY_STEP_MAX_MS), RETRY_STEPS_MAX)),
    example: "5s,1m,10m,1h,6h",
  }),
  timeoutMs: setting({
    name: "POSTHORN_TIMEOUT",
    what: "Deadline of one attempt, from resolving the name to the end of the response's head",
    ...defaultsTo("30s", duration(TIMEOUT_MIN_MS, TIMEOUT_MAX_MS)),
    example: "10s",
  }),
  connectTimeoutMs: setting({
    name: "POSTHORN_CONNECT_TIMEOUT",
    what: "Deadline of the connection within it",
    ...defaultsTo("10s", duration(CONNECT_TIMEOUT_MIN_MS, TIMEOUT_MAX_MS)),
    example: "3s",
  }),
  concurrency: setting({
    name: "POSTHORN_CONCURRENCY",
    what: "Requests in flight, all webhooks together",
    ...defaultsTo("2048", integer(1, CONCURRENCY_MAX)),
    example: "512",
  }),
  concurrencyPerWebhook: setting({
    name: "POSTHORN_CONCURRENCY_PER_WEBHOOK",
    what: "Requests in flight to one webhook",
    ...defaultsTo("16", integer(1, CONCURRENCY_PER_WEBHOOK_MAX)),
    example: "4",
  }),
  allowPrivateCidrs: setting<readonly Cidr[]>({
    name: "POSTHORN_ALLOW_PRIVATE_CIDRS",
    what: "Address ranges that are not public but may be sent to",
    default: "none",
    fallback: Object.freeze([]),
    parse: list(cidr, SETTING_MAX_ENTRIES),
    example: "127.0.0.0/8,10.1.2.0/24",
  }),
  allowHosts: setting<readonly string[]>({
    name: "POSTHORN_ALLOW_HOSTS",
    what: "Names that may be sent to although they look internal, if their addresses may",
    default: "none",
    fallback: Object.freeze([]),
    parse: list(hostName, SETTING_MAX_ENTRIES),
    example: "localhost,app",
  }),
  maxEventBytes: setting({
    name: "POSTHORN_MAX_EVENT_SIZE",
    what: "Largest request that posts an event",
    ...defaultsTo("256KB", size(EVENT_SIZE_MIN_BYTES, EVENT_SIZE_MAX_BYTES)),
    example: "1MB",
  }),
  responseCaptureBytes: setting({
    name: "POSTHORN_RESPONSE_CAPTURE",
    what: "What is kept of the body of a failed attempt's response",
    ...defaultsTo("16KB", size(0, RESPONSE_CAPTURE_MAX_BYTES)),
    example: "64KB",
  }),
  diskReserveBytes: setting({
    name: "POSTHORN_DISK_RESERVE",
    what: "When less than this is free on the data directory's disk, new events, resends and tests are refused; `0B` for no such bound",
    ...defaultsTo("64MB", size(0, DISK_RESERVE_MAX_BYTES)),
    example: "1024MB",
  }),
  maxWebhooks: setting({
    name: "POSTHORN_MAX_WEBHOOKS",
    what: "Webhooks that a tenant may have; deleted ones do not count",
    ...defaultsTo("1000", integer(1, WEBHOOKS_PER_TENANT_MAX)),
    example: "50",
  }),
  maxBacklog: setting({
    name: "POSTHORN_MAX_BACKLOG",
    what: "When so many deliveries are pending, all tenants together, new events, resends and tests are refused until a tenth of them has been sent",
    ...defaultsTo("10000000", integer(1, BACKLOG_MAX)),
    example: "500000",
  }),
  ratePerSecond: setting<number | null>({
    name: "POSTHORN_RATE_LIMIT",
    what: "Requests a second that one key may send, its sessions included, one second's worth at once; `none` for no limit",
    ...defaultsTo("none", ratePerSecond),
    example: "100/s",
  }),
  retentionMs: setting({
    name: "POSTHORN_RETENTION",
    what: "How long finished deliveries and their events are kept, and a repeated event id is recognised",
    ...defaultsTo("30d", duration(RETENTION_MIN_MS, RETENTION_MAX_MS)),
    example: "7d",
  }),
  auditRetentionMs: setting({
    name: "POSTHORN_AUDIT_RETENTION",
    what: "How long the audit log keeps who changed which webhook or key",
    ...defaultsTo("365d", duration(RETENTION_MIN_MS, RETENTION_MAX_MS)),
    example: "1095d",
  }),
  pruneCron: setting({
    name: "POSTHORN_PRUNE_CRON",
    what: "When older ones are removed, as a cron pattern in UTC",
    ...defaultsTo("17 * * * *", cronPattern),
    example: "30 3 * * *",
  }),
  eventTypes: setting<Catalogue>({
    name: "POSTHORN_EVENT_TYPES",
    what: "JSON file with a list of `{name, description, sample}`, or `any`",
    default: "the ten of SmartCV",
    fallback: SMARTCV_EVENT_TYPES,
    parse: eventTypes,
    example: "/etc/posthorn/event-types.json",
  }),
  headerPrefix: setting({
    name: "POSTHORN_HEADER_PREFIX",
    what: "What the names of the signature's and the other headers of a delivery begin with",
    ...defaultsTo("X-SmartCV-", headerPrefix),
    example: "X-Acme-",
  }),
  apiVersion: setting({
    name: "POSTHORN_API_VERSION",
    what: "`api_version` of the events",
    ...defaultsTo("2024-12-30", apiVersion),
    example: "2025-06-01",
  }),
  corsOrigins: setting<readonly string[]>({
    name: "POSTHORN_CORS_ORIGINS",
    what: "Origins of other web pages that may call the API",
    default: "none",
    fallback: Object.freeze([]),
    parse: list(origin, SETTING_MAX_ENTRIES),
    example: "https://app.example.com",
  }),
  publicUrl: setting<URL | null>({
    name: "POSTHORN_PUBLIC_URL",
    what: "URL under which browsers reach the API; https makes cookies `Secure`; never a webhook's target",
    default: "not set",
    fallback: null,
    parse: publicUrl,
    example: "https://hooks.example.com",
  }),
  shutdownGraceMs: setting({
    name: "POSTHORN_SHUTDOWN_GRACE",
    what: "How long requests in flight may go on after SIGTERM",
    ...defaultsTo("25s", duration(0, SHUTDOWN_GRACE_MAX_MS)),
    example: "8s",
  }),
  logLevel: setting({
    name: "POSTHORN_LOG_LEVEL",
    what: `Least that is logged: ${LOG_LEVELS.join(", ")}`,
    ...defaultsTo("info", oneOf(...LOG_LEVELS)),
    example: "debug",
  }),
  logFormat: setting({
    name: "POSTHORN_LOG_FORMAT",
    what: "`text`, `json` (one object a line), or `auto`: text on a terminal, else JSON",
    ...defaultsTo("auto", oneOf("auto", "text", "json")),
    example: "json",
  }),
} as const;

/** Keeps the type of one setting's value. */
function setting<Value>(each: Setting<Value>): Setting<Value> {
  return each;
}
