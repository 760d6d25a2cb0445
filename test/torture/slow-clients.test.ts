import { shortForm } from "./short-form.ts";
import { slowClients } from "./slow-clients.ts";

shortForm(slowClients, { maxMs: 60_000 });
