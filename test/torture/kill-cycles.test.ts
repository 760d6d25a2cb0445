import { killCycles } from "./kill-cycles.ts";
import { shortForm } from "./short-form.ts";

shortForm(killCycles, { maxMs: 120_000 });
