import type { ExitCode } from "./cli/exit-code.ts";
import { HTTP_REQUESTS_MAX } from "./limits.ts";

const args = Bun.argv.slice(2);
const exitCode = args.includes("serve") ? await restartForServing() : null;
if (exitCode !== null) process.exit(exitCode);

// Loaded only after the restart, which would throw all of it away.
const { posthorn } = await import("./cli/posthorn.ts");
const { processConsole } = await import("./cli/console.ts");
const { createClock } = await import("./real/clock.ts");
const { stdout, stderr } = process;
const console = processConsole({ stdout, stderr, after: createClock().after });
const exit = (code: ExitCode): never => {
  console.flush();
  process.exit(code);
};
exit(await posthorn({ args, env: process.env, console, exit }));

/**
 * Bun's HTTP client reads its ceiling of requests in flight from the environment, once and before this line, so the
 * program starts itself again with that variable set: in place, under the same process id. Windows cannot do that; there
 * a child serves, and the answer is its exit code. Null when nothing is to be done any more.
 */
async function restartForServing(): Promise<number | null> {
  const ceiling = String(HTTP_REQUESTS_MAX);
  if (process.env["BUN_CONFIG_MAX_HTTP_REQUESTS"] === ceiling) return null;
  const env = { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: ceiling };
  const isCompiled = !Bun.main.endsWith(".ts");
  const command = [process.execPath, ...(isCompiled ? [] : [...process.execArgv, Bun.main]), ...args];
  if (process.platform !== "win32") process.execve?.(process.execPath, command, env);
  // The console sends Ctrl+C to both; only the child decides what it means.
  process.on("SIGINT", () => {});
  return Bun.spawn(command, { env, stdio: ["inherit", "inherit", "inherit"] }).exited;
}
