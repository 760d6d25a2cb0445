import { version } from "../package.json";

/** Put in by `scripts/build`: the commit that the binary was made from. */
declare const POSTHORN_COMMIT: string | undefined;

/** Semantic version, with the commit as build metadata where it is known: `1.2.3+0a1b2c3`. */
export const VERSION =
  typeof POSTHORN_COMMIT === "string" && POSTHORN_COMMIT !== "" ? `${version}+${POSTHORN_COMMIT}` : version;
