import { crowdingClients } from "./crowding-clients.ts";
import { shortForm } from "./short-form.ts";

shortForm(crowdingClients, { maxMs: 60_000 });
