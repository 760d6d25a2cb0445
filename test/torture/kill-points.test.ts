import { killPoints } from "./kill-points.ts";
import { shortForm } from "./short-form.ts";

shortForm(killPoints, { maxMs: 60_000 });
