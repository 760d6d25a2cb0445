import { describe } from "bun:test";
import { auditPromises } from "./conformance/audit.ts";
import { backlogPromises } from "./conformance/backlog.ts";
import { claimPromises } from "./conformance/claims.ts";
import { eventPromises } from "./conformance/events.ts";
import { keyPromises } from "./conformance/keys.ts";
import { logPromises } from "./conformance/log.ts";
import { racePromises } from "./conformance/races.ts";
import { recoveryPromises } from "./conformance/recovery.ts";
import { resendPromises } from "./conformance/resends.ts";
import type { Open } from "./conformance/scene.ts";
import { settlementPromises } from "./conformance/settlements.ts";
import { upkeepPromises } from "./conformance/upkeep.ts";
import { webhookPromises } from "./conformance/webhooks.ts";

/** What every store promises, by the contract alone. */
export function storeConformance(name: string, open: Open): void {
  describe(name, () => {
    webhookPromises(open);
    eventPromises(open);
    claimPromises(open);
    settlementPromises(open);
    recoveryPromises(open);
    logPromises(open);
    resendPromises(open);
    keyPromises(open);
    auditPromises(open);
    backlogPromises(open);
    upkeepPromises(open);
    racePromises(open);
  });
}
