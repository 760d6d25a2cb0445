import { apiFuzz } from "./api-fuzz.ts";
import { shortForm } from "./short-form.ts";

shortForm(apiFuzz, { maxMs: 60_000 });
