/** The bounds of what an operator may set, with their units. Those that hold of more than a setting are in `limits.ts`. */

const SECOND_MS = 1_000;
const DAY_MS = 86_400 * SECOND_MS;
const KB = 1_024;

export const ADMIN_KEY_MIN_CHARACTERS = 32;
export const ADMIN_KEY_MAX_CHARACTERS = 256;
export const EVENT_SIZE_MIN_BYTES = 1 * KB;
export const RESPONSE_CAPTURE_MAX_BYTES = 1 * KB * KB;
export const DISK_RESERVE_MAX_BYTES = 1_024 * KB * KB * KB;
export const RETENTION_MIN_MS = 60 * SECOND_MS;
export const RETENTION_MAX_MS = 3_650 * DAY_MS;
export const CONNECT_TIMEOUT_MIN_MS = 100;
export const SHUTDOWN_GRACE_MAX_MS = 600 * SECOND_MS;
export const HEADER_PREFIX_MAX_CHARACTERS = 40;
export const API_VERSION_MAX_CHARACTERS = 64;
export const EVENT_TYPES_MAX = 1_000;
export const SETTING_MAX_ENTRIES = 1_000;
export const RATE_LIMIT_MAX_PER_SECOND = 1_000_000;
export const WEBHOOKS_PER_TENANT_MAX = 1_000_000;
export const BACKLOG_MAX = 999_999_999;
