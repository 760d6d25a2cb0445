import { processConsole } from "./cli/console.ts";
import type { ExitCode } from "./cli/exit-code.ts";
import { posthorn } from "./cli/posthorn.ts";
import { createClock } from "./real/clock.ts";

// What is made here is nobody else's to read.
process.umask(0o077);
const { stdout, stderr } = process;
const console = processConsole({ stdout, stderr, after: createClock().after });
const exit = (code: ExitCode): never => {
  console.flush();
  process.exit(code);
};
exit(await posthorn({ args: Bun.argv.slice(2), env: process.env, console, exit }));
