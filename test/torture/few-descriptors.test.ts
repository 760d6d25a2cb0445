import { fewDescriptors } from "./few-descriptors.ts";
import { shortForm } from "./short-form.ts";

shortForm(fewDescriptors, { maxMs: 60_000 });
