import { diskFull } from "./disk-full.ts";
import { shortForm } from "./short-form.ts";

shortForm(diskFull, { maxMs: 60_000 });
