import { shortForm } from "./short-form.ts";
import { sigterm } from "./sigterm.ts";

shortForm(sigterm, { maxMs: 60_000 });
