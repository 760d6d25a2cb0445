import type { Static } from "@sinclair/typebox";
import { validationFailed } from "../domain/problem.ts";
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
      const { action, actor_id: actorId } = query;
      const targetId = targetOf(query);
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

/** @throws Problem 422 when two things are named: no entry is about both */
function targetOf({ webhook_id: webhookId, key_id: keyId }: Static<typeof AuditQuery>): string | undefined {
  if (webhookId === undefined || keyId === undefined) return webhookId ?? keyId;
  throw validationFailed([{ path: "?key_id", message: "Name a webhook or a key: no entry is about both." }]);
}
