import { hostileReceivers } from "./hostile-receivers.ts";
import { shortForm } from "./short-form.ts";

shortForm(hostileReceivers, { maxMs: 90_000 });
