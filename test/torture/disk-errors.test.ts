import { diskErrors } from "./disk-errors.ts";
import { shortForm } from "./short-form.ts";

shortForm(diskErrors, { maxMs: 60_000 });
