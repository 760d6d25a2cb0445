import type { Store } from "../../contract.ts";
import type { FrontParts } from "./front-parts.ts";

type AuditVerbs = Pick<Store, "listAudit">;

export function auditVerbs({ reads }: FrontParts): AuditVerbs {
  return {
    listAudit(tenant, { action, targetId, actorId }, { limit, before }) {
      const filter = { action: action ?? null, targetId: targetId ?? null, actorId: actorId ?? null };
      return reads.read({ verb: "listAudit", argument: { tenant, ...filter, limit, before } }, (page) => page);
    },
  };
}
