import { Database } from "bun:sqlite";

/** So many rows of each table share a transaction. */
const CHUNK = 100_000;
const CACHE_KB = 512 * 1_024;

export interface Copies {
  readonly count: number;
  /** `pending`: due, never tried. `finished`: delivered as the template was, but for one in a hundred that failed. */
  readonly state: "pending" | "finished";
  /** Wall times of the first and the last. */
  readonly from: number;
  readonly until: number;
  /** Event types, in turns. */
  readonly types: readonly string[];
}

/**
 * Multiplies the newest event of a database that nobody has open, with its one delivery and, where they are finished, its
 * attempt. Being copies, the rows are what Posthorn itself wrote, whatever its columns are; numbers, ids and times differ.
 */
export function copyRows(file: string, copies: Copies): void {
  using db = new Database(file, { readwrite: true, strict: true });
  db.run("PRAGMA synchronous = OFF");
  db.run(`PRAGMA cache_size = -${CACHE_KB}`);
  const statements = TABLES.filter(({ table }) => table !== "attempts" || copies.state === "finished").map((each) =>
    db.query(insertion(db, each, copies.state)),
  );
  const shared = { ...templateIn(db), ...spanOf(copies) };
  for (let first = 1; first <= copies.count; first += CHUNK) {
    const chunk = { ...shared, first, last: Math.min(first + CHUNK - 1, copies.count) };
    db.transaction(() => {
      for (const statement of statements) statement.run(chunk);
    })();
  }
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

function spanOf({ count, from, until, types }: Copies) {
  return { count, from, span: until - from, types: JSON.stringify(types) };
}

interface Template {
  readonly event: number;
  readonly delivery: number;
}

function templateIn(db: Database): Template {
  const template = db
    .query<Template, []>("SELECT event, seq AS delivery FROM deliveries ORDER BY seq DESC LIMIT 1")
    .get();
  if (template === null) throw new Error("there is no delivery to copy");
  return template;
}

const AT = "$from + i * $span / $count";
const TYPE = "json_extract($types, '$[' || (i % json_array_length($types)) || ']')";
const EVENT_ID = "printf('event_%026d', i)";

type Columns = Readonly<Record<string, string>>;

/** How the copies differ from their template `t`. The order is that of the foreign keys. */
const TABLES: readonly {
  readonly table: string;
  readonly which: string;
  readonly columns: Columns;
  readonly pending?: Columns;
}[] = [
  {
    table: "events",
    which: "t.seq = $event",
    columns: {
      seq: "$event + i",
      id: EVENT_ID,
      type: TYPE,
      created_at: AT,
      body: `replace(replace(t.body, t.id, ${EVENT_ID}), '"n":"00000000"', printf('"n":"%08d"', i))`,
    },
  },
  {
    table: "deliveries",
    which: "t.seq = $delivery",
    columns: {
      seq: "$delivery + i",
      id: "unhex(printf('%032x', i))",
      event: "$event + i",
      event_type: TYPE,
      created_at: AT,
      finished_at: AT,
      state: "CASE WHEN i % 100 = 0 THEN 'failed' ELSE t.state END",
      because: "CASE WHEN i % 100 = 0 THEN 'exhausted' END",
    },
    pending: { state: "'pending'", attempts: "0", due_at: AT, finished_at: "NULL", because: "NULL" },
  },
  {
    table: "attempts",
    which: "t.seq = $delivery * 256 + 1",
    columns: { seq: "($delivery + i) * 256 + 1", started_at: AT },
  },
];

function insertion(
  db: Database,
  { table, which, columns, pending = {} }: (typeof TABLES)[number],
  state: Copies["state"],
): string {
  const changed: Columns = state === "pending" ? { ...columns, ...pending } : columns;
  const names = db
    .query<{ readonly name: string }, []>(`PRAGMA table_info(${table})`)
    .all()
    .map(({ name }) => name);
  const values = names.map((name) => changed[name] ?? `t.${name}`);
  return `
    WITH RECURSIVE numbers (i) AS (SELECT $first UNION ALL SELECT i + 1 FROM numbers WHERE i < $last)
    INSERT INTO ${table} (${names.join(", ")})
    SELECT ${values.join(", ")} FROM numbers CROSS JOIN ${table} t WHERE ${which}`;
}
