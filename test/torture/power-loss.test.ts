import { powerLoss } from "./power-loss.ts";
import { shortForm } from "./short-form.ts";

shortForm(powerLoss, { maxMs: 60_000 });
