import type { Actor } from "../domain/audit.ts";
import type { Caller } from "./auth.ts";

/** Who stands behind a request, as the audit log names them. */
export function actorOf({ identity: { key, scope, via } }: Caller, requestId: string): Actor {
  const named = key === null ? null : { id: key.id, name: key.name };
  return { kind: key === null ? "configured_key" : "key", key: named, scope, via, requestId };
}
