/** Restores until the given step is about to be done, and dies there as by kill -9. Arguments: data directory, backup, step. */
import { restoring } from "../../src/store/restore.ts";
import { restoreRequest } from "./restore-request.ts";

const [dataDir = "", file = "", step = ""] = Bun.argv.slice(2);
for (const each of restoring(restoreRequest(dataDir, file))) {
  if (each === step) process.kill(process.pid, "SIGKILL");
}
