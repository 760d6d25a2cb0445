import { backups } from "./backups.ts";
import { shortForm } from "./short-form.ts";

shortForm(backups, { maxMs: 60_000 });
