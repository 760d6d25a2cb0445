-- Who changed what, and when. An entry names what it speaks of as it was then, and refers to nothing: that may be gone long before it.
-- Ids stand as text, since they are of several kinds and only shown. Actions have no list here: a later version may know more of them.

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  number INTEGER NOT NULL CHECK (number > 0),  -- among its tenant's, in order
  at INTEGER NOT NULL CHECK (at >= 0),
  tenant TEXT CHECK (length(tenant) BETWEEN 1 AND 64),  -- NULL: all of them
  action TEXT NOT NULL CHECK (action GLOB '[a-z]*.[a-z]*'),
  actor TEXT NOT NULL CHECK (actor IN ('key', 'configured_key', 'posthorn', 'command')),
  actor_id TEXT,                    -- of a stored key
  actor_name TEXT,
  actor_scope TEXT,
  via TEXT CHECK (via IN ('key', 'session')),
  request_id TEXT,
  target_id TEXT,                   -- NULL: the database as a whole
  target_name TEXT,                 -- a webhook's URL, a key's name; the beginning of a long one
  changes TEXT NOT NULL,            -- JSON list of {field, from, to}, without what is sealed, cut where it is long; last
  CHECK ((actor = 'key') = (actor_id IS NOT NULL)),
  CHECK ((actor_id IS NULL) = (actor_name IS NULL)),
  CHECK ((actor IN ('key', 'configured_key')) = (via IS NOT NULL)),
  CHECK ((target_id IS NULL) = (target_name IS NULL))
) STRICT;
CREATE INDEX audit_by_tenant ON audit (tenant);
CREATE INDEX audit_by_target ON audit (target_id) WHERE target_id IS NOT NULL;
CREATE INDEX audit_by_actor ON audit (actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_by_tenant_and_target ON audit (tenant, target_id) WHERE target_id IS NOT NULL;
CREATE INDEX audit_by_tenant_and_actor ON audit (tenant, actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_oldest ON audit (at);

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
  BEGIN SELECT RAISE (ABORT, 'constraint failed: an audit entry never changes'); END;
CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit
  WHEN EXISTS (SELECT 1 FROM audit WHERE seq = new.seq)
  BEGIN SELECT RAISE (ABORT, 'constraint failed: an audit entry never changes'); END;
-- Whoever prunes says first how far the retention goes. Of each tenant the newest 100,000 stay that long, whatever is done.
CREATE TRIGGER audit_stays BEFORE DELETE ON audit
  WHEN old.at >= coalesce((SELECT CAST(value AS INTEGER) FROM facts WHERE name = 'audit_kept_since'), 0)
    AND old.number > (SELECT number FROM audit WHERE tenant IS old.tenant ORDER BY seq DESC LIMIT 1) - 100000
  BEGIN SELECT RAISE (ABORT, 'constraint failed: an audit entry stays for its retention'); END;
