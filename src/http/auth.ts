import { Problem, validationFailed } from "../domain/problem.ts";
import type { Scope } from "../store/contract.ts";
import { createIdentifier, type Identity, type IdentityParts } from "./identity.ts";
import { refuseCrossSite } from "./origin.ts";
import type { HttpParts } from "./parts.ts";
import { createRateLimit } from "./rate-limit.ts";
import { createReads, type Reads } from "./reads.ts";
import { DEFAULT_TENANT, TENANT, TENANT_FORM } from "./tenant.ts";
import { received } from "./validation.ts";

/**
 * What a route asks of a key.
 *
 * - `open`: nothing
 * - `read`, `manage`, `publish`, `admin`: a key whose scope covers it
 * - `operator`: a key of all tenants that may read; for facts about the whole process
 */
export type Access = "open" | Scope | "operator";

export interface Caller {
  readonly identity: Identity;
  readonly scope: Scope;
  /** Whose webhooks and events this request is about. */
  readonly tenant: string;
  /** The one tenant that the request may reach, or null: all of them. */
  readonly reach: string | null;
}

/** The scopes whose keys may do what a route asks. */
export const SCOPES_FOR: Readonly<Record<Exclude<Access, "open">, readonly Scope[]>> = {
  read: ["read", "manage", "admin"],
  manage: ["manage", "admin"],
  publish: ["publish", "admin"],
  admin: ["admin"],
  operator: ["read", "manage", "admin"],
};

/** In two steps, because only the first may have to wait. */
export interface Gate {
  /** Who sends a request. @throws Problem 401, at once or by the promise */
  identify(request: Request): Identity | Promise<Identity>;
  /** Whose key stands in a body, for a route that is open otherwise. @throws Problem 401 or 429 */
  identifyKey(token: string): Promise<Identity>;
  /** @throws Problem 429, 403 or (an impossible `X-Tenant`) 422 */
  admit(identity: Identity, access: Exclude<Access, "open">, request: Request): Caller;
  /** Where what tenants read waits for its turn. */
  readonly reads: Reads;
}

export interface GateParts extends IdentityParts {
  readonly clock: HttpParts["clock"];
  readonly settings: Pick<HttpParts["settings"], "adminKeyHash" | "corsOrigins" | "publicUrl" | "ratePerSecond">;
}

/** Tells who sends a request, and whether they may. */
export function createGate(parts: GateParts): Gate {
  const identifier = createIdentifier(parts);
  const countOn = createRateLimit(parts);
  return {
    identify: identifier.ofRequest,
    reads: createReads(),
    identifyKey: async (token) => {
      const identity = await identifier.ofKey(token);
      countOn(identity.keyHash);
      return identity;
    },
    admit: (identity, access, request) => {
      // Whoever watches the process sees it also while an app with the same key sends too much.
      if (access !== "operator") countOn(identity.keyHash);
      const caller = callerOf(identity, request.headers.get("x-tenant"));
      refuseScope(access, identity);
      refuseCrossSite(request, parts.settings);
      return caller;
    },
  };
}

function callerOf(identity: Identity, named: string | null): Caller {
  const { scope, tenant } = identity;
  if (named !== null && !TENANT.test(named)) throw badTenant(named);
  if (tenant !== null && named !== null && named !== tenant) {
    throw new Problem("foreign_tenant", "The key belongs to another tenant than X-Tenant names.");
  }
  return { identity, scope, tenant: tenant ?? named ?? DEFAULT_TENANT, reach: tenant ?? named };
}

function badTenant(named: string): Problem {
  return validationFailed([{ path: "X-Tenant", message: `Must be ${TENANT_FORM}.`, ...received(named) }]);
}

function refuseScope(access: Exclude<Access, "open">, { scope, tenant }: Identity): void {
  const scopes = SCOPES_FOR[access];
  if (!scopes.includes(scope)) {
    throw new Problem(
      "insufficient_scope",
      `This needs a key of scope ${ALTERNATIVES.format(scopes)}; this one has ${scope}.`,
    );
  }
  if (access === "operator" && tenant !== null) {
    throw new Problem("foreign_tenant", "This is about all tenants, and the key belongs to one.", {
      hint: "Use a key of all tenants.",
    });
  }
}

/** "read, manage or admin" */
const ALTERNATIVES = new Intl.ListFormat("en-GB", { type: "disjunction" });
