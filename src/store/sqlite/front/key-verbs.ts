import type { Store } from "../../contract.ts";
import { isAlive } from "./credentials.ts";
import type { FrontParts } from "./front-parts.ts";

type KeyVerbs = Pick<
  Store,
  | "createKey"
  | "listKeys"
  | "isAdministered"
  | "deleteKey"
  | "findKey"
  | "createSession"
  | "findSession"
  | "deleteSession"
>;

export function keyVerbs({ writes, reads, credentials }: FrontParts): KeyVerbs {
  return {
    createKey: (key, by, maxOfTenant) =>
      writes.write({ verb: "createKey", argument: { ...key, by, maxOfTenant: maxOfTenant ?? null } }, (created) => {
        credentials.forgetKey(key.hash);
        return created;
      }),

    listKeys: (tenant, { limit, before }) =>
      reads.read({ verb: "listKeys", argument: { tenant, limit, before } }, (page) => page),
    isAdministered: (now) => reads.read({ verb: "isAdministered", argument: now }, (isSo) => isSo),

    deleteKey: (tenant, id, options, by) =>
      writes.write({ verb: "deleteKey", argument: { tenant, id, ...options, by } }, (removed) => {
        if (removed.kind === "deleted") credentials.forgetKey(removed.hash);
        return removed.kind;
      }),

    async findKey(hash) {
      const known = credentials.key(hash);
      if (known !== undefined) return known;
      return writes.write({ verb: "findKey", argument: hash }, (key) => {
        credentials.learnKey(hash, key);
        return key;
      });
    },

    createSession: (session) =>
      writes.write({ verb: "createSession", argument: session }, (ended) => {
        for (const hash of [session.hash, ...ended]) credentials.forgetSession(hash);
      }),

    async findSession(hash, now) {
      const known = credentials.session(hash);
      if (known !== undefined) return known !== null && isAlive(known, now) ? known : null;
      return writes.write({ verb: "findSession", argument: hash }, (found) => {
        credentials.learnSession(hash, found);
        return found !== null && isAlive(found, now) ? found : null;
      });
    },

    deleteSession: (hash) =>
      writes.write({ verb: "deleteSession", argument: hash }, () => credentials.forgetSession(hash)),
  };
}
