import { type Program, startProgram } from "./program.ts";

/** Somebody's SQLite shell with an open transaction: it keeps the right to write to the database at `path` until it is killed. */
export async function holdDatabase(path: string): Promise<Program> {
  const program = startProgram([process.execPath, "-e", HOLD, path], { env: {} });
  await program.logged("held");
  return program;
}

const HOLD = `
  const db = new (require("bun:sqlite").Database)(process.argv.at(-1));
  db.run("PRAGMA busy_timeout = 5000");
  db.run("BEGIN IMMEDIATE");
  console.log(JSON.stringify({ message: "held" }));
  setInterval(() => db, 1_000);`;
