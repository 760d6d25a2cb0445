import { shortForm } from "./short-form.ts";
import { sigstop } from "./sigstop.ts";

shortForm(sigstop, { maxMs: 60_000 });
