/** What a key may do, from the least to everything; `publish` stands beside the others. */
export const SCOPES = ["read", "manage", "publish", "admin"] as const;

export type Scope = (typeof SCOPES)[number];
