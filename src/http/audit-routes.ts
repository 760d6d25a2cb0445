import type { Store } from "../store/contract.ts";
import { answerPage } from "./answer.ts";
import { LIST_AUDIT } from "./audit-documents.ts";
import { AuditQuery } from "./audit-schemas.ts";
import { auditEntryView } from "./audit-view.ts";
import { cursorAfter, pageRequest } from "./cursor.ts";
import { type Route, route } from "./route.ts";

export interface AuditParts {
  readonly store: Pick<Store, "listAudit">;
}

export function auditRoutes(parts: AuditParts): readonly Route[] {
  return [list(parts)];
}

function list({ store }: AuditParts): Route {
  return route({
    method: "GET",
    path: "/api/audit",
    access: "admin",
    query: AuditQuery,
    document: LIST_AUDIT,
    handle: async ({ query, caller: { reach } }) => {
      const { action, webhook_id: targetId, actor_id: actorId } = query;
      const identity = ["audit", reach ?? undefined, action, targetId, actorId];
      const filter = {
        ...(action !== undefined && { action }),
        ...(targetId !== undefined && { targetId }),
        ...(actorId !== undefined && { actorId }),
      };
      const page = await store.listAudit(reach, filter, pageRequest(query, identity));
      return answerPage(page.rows.map(auditEntryView), cursorAfter(page, identity));
    },
  });
}
