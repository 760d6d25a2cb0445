-- Keys only grow (AUTOINCREMENT, or given by the writer, which counts), so that a cursor outlives the row it names. Public ids are the 16 bytes of a UUIDv7.
-- Times are integer milliseconds since 1970. Sealed columns hold `v1.<key id>.<nonce>.<ciphertext>`.

CREATE TABLE facts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE webhooks (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  tenant TEXT NOT NULL CHECK (length(tenant) BETWEEN 1 AND 64),
  url TEXT NOT NULL,
  events TEXT NOT NULL,             -- JSON list of patterns
  secrets TEXT NOT NULL,            -- JSON list of sealed secrets, the one that signs first
  headers TEXT NOT NULL,            -- JSON list of [name, sealed value]
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  disabled_reason TEXT CHECK (disabled_reason IN ('gone')),
  description TEXT,
  retry_schedule_ms TEXT,           -- JSON list; NULL: the configured default
  timeout_ms INTEGER CHECK (timeout_ms > 0),
  url_passed INTEGER NOT NULL CHECK (url_passed IN (0, 1)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER,
  CHECK (disabled_reason IS NULL OR active = 0),
  CHECK (deleted_at IS NULL OR active = 0)
) STRICT;
CREATE INDEX webhooks_active ON webhooks (tenant) WHERE active = 1;
CREATE INDEX webhooks_listed ON webhooks (tenant) WHERE deleted_at IS NULL;
CREATE INDEX webhooks_resting ON webhooks (deleted_at) WHERE active = 0;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL CHECK (length(tenant) BETWEEN 1 AND 64),
  id TEXT NOT NULL,                 -- text, because the app may bring its own
  type TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  api_version TEXT NOT NULL,
  is_test INTEGER NOT NULL CHECK (is_test IN (0, 1)),
  deliveries INTEGER NOT NULL CHECK (deliveries >= 0),
  body TEXT NOT NULL,               -- last: what only needs the rest of a row does not read on into its pages
  UNIQUE (tenant, id)
) STRICT;
CREATE INDEX events_newest ON events (tenant);
CREATE INDEX events_by_type ON events (tenant, type);
CREATE INDEX events_unmatched ON events (created_at) WHERE deliveries = 0;

CREATE TABLE deliveries (
  seq INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  webhook INTEGER NOT NULL REFERENCES webhooks (seq),
  event INTEGER NOT NULL REFERENCES events (seq),
  event_type TEXT NOT NULL,         -- the event's, repeated for the index
  is_test INTEGER NOT NULL CHECK (is_test IN (0, 1)),
  resend_of BLOB CHECK (length(resend_of) = 16),  -- no foreign key: the delivery that this one repeats may go first
  created_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  is_retry INTEGER NOT NULL GENERATED ALWAYS AS (attempts > 0) VIRTUAL,
  due_at INTEGER,
  wait_ms INTEGER NOT NULL CHECK (wait_ms >= 0),  -- the wait that was asked: a due time further away is a stepped clock
  finished_at INTEGER,
  because TEXT,
  CHECK (CASE state
    WHEN 'pending' THEN due_at IS NOT NULL AND finished_at IS NULL AND because IS NULL
    WHEN 'delivered' THEN due_at IS NULL AND finished_at IS NOT NULL AND finished_at >= created_at
      AND because IS NULL AND attempts > 0
    WHEN 'failed' THEN due_at IS NULL AND finished_at IS NOT NULL AND finished_at >= created_at
      AND because IS NOT NULL AND because IN ('exhausted', 'gone', 'blocked') AND attempts > 0
    WHEN 'cancelled' THEN due_at IS NULL AND finished_at IS NOT NULL AND finished_at >= created_at
      AND because IS NOT NULL AND because IN ('deleted', 'expired', 'interrupted')
    ELSE false
  END)
) STRICT;
CREATE INDEX deliveries_pending ON deliveries (webhook, is_retry, due_at) WHERE state = 'pending' AND is_test = 0;
CREATE INDEX deliveries_pending_tests ON deliveries (webhook) WHERE state = 'pending' AND is_test = 1;
CREATE INDEX deliveries_by_state ON deliveries (webhook, state);
CREATE INDEX deliveries_by_type ON deliveries (webhook, event_type);
CREATE INDEX deliveries_by_event ON deliveries (event);
CREATE INDEX deliveries_failed ON deliveries (webhook, finished_at) WHERE state = 'failed' AND is_test = 0;
CREATE INDEX deliveries_finished ON deliveries (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX deliveries_resends ON deliveries (resend_of) WHERE resend_of IS NOT NULL;

CREATE TABLE attempts (
  seq INTEGER PRIMARY KEY,          -- 256 times the delivery's, and the attempt's place: that needs no index, nor a foreign key
  delivery INTEGER GENERATED ALWAYS AS (seq >> 8) VIRTUAL,
  number INTEGER NOT NULL CHECK (number >= 1),
  counted INTEGER NOT NULL CHECK (counted IN (0, 1)),  -- not: interrupted, or settled by one that did not hold the lease
  started_at INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL CHECK (duration_ms >= 0),
  url TEXT NOT NULL,
  code TEXT NOT NULL,
  error TEXT,
  status_code INTEGER,
  signed_at_seconds INTEGER,
  signature BLOB CHECK (length(signature) = 32),
  custom_header_names TEXT,         -- JSON list
  response_headers TEXT,            -- JSON list of [name, value]
  response_body BLOB,
  response_body_end TEXT CHECK (response_body_end IN ('complete', 'cut', 'broken', 'slow')),
  dns_ms REAL,
  connect_ms REAL,
  tls_ms REAL,
  first_byte_ms REAL,
  CHECK (CASE code
    WHEN 'success' THEN error IS NULL
    WHEN 'interrupted' THEN error IS NOT NULL AND counted = 0
    ELSE error IS NOT NULL
  END),
  CHECK (CASE
    WHEN signed_at_seconds IS NULL THEN signature IS NULL AND custom_header_names IS NULL
    ELSE signature IS NOT NULL AND custom_header_names IS NOT NULL
  END),
  CHECK (CASE
    WHEN response_headers IS NULL THEN response_body IS NULL AND response_body_end IS NULL
    ELSE response_body IS NOT NULL AND response_body_end IS NOT NULL
  END)
) STRICT;
CREATE TRIGGER attempts_go_first BEFORE DELETE ON deliveries
  WHEN EXISTS (SELECT 1 FROM attempts WHERE seq BETWEEN old.seq * 256 AND old.seq * 256 + 255)
  BEGIN SELECT RAISE (ABORT, 'constraint failed: a delivery goes after its attempts'); END;

CREATE TABLE keys (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  hash TEXT NOT NULL UNIQUE,        -- SHA-256 of the token; the token is never stored
  name TEXT NOT NULL,
  scope TEXT NOT NULL CHECK (scope IN ('read', 'manage', 'publish', 'admin')),
  tenant TEXT,                      -- NULL: all of them
  created_at INTEGER NOT NULL,
  expires_at INTEGER
) STRICT;
CREATE INDEX keys_by_tenant ON keys (tenant);
CREATE INDEX keys_ending ON keys (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE sessions (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  hash TEXT NOT NULL UNIQUE,
  key_hash TEXT NOT NULL,           -- no foreign key: the configured admin key has no row
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_key ON sessions (key_hash);
CREATE INDEX sessions_ending ON sessions (expires_at);
