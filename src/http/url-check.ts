import { Problem, type ProblemDetail, validationFailed } from "../domain/problem.ts";
import { type Blocked, explainRule, type Opening, type UrlVerdict } from "../domain/url.ts";
import type { Caller } from "./auth.ts";
import type { HttpParts } from "./parts.ts";
import { received } from "./validation.ts";

/**
 * Accepts a webhook's URL, or refuses it together with everything else that is wrong with the webhook.
 *
 * @param url undefined when there is no new one
 * @param others what is wrong with the other fields
 * @returns whether the guard let it pass; false when its name has no address now, which is no fault
 * @throws Problem 422
 */
export async function acceptUrl(
  url: string | undefined,
  others: readonly ProblemDetail[],
  caller: Caller,
  parts: Pick<HttpParts, "judge">,
): Promise<boolean> {
  const verdict = url === undefined ? NOTHING_NEW : await parts.judge(url);
  const blocked = !verdict.ok && verdict.kind === "blocked" ? [detail(verdict, url)] : [];
  if (others.length > 0) throw validationFailed([...blocked, ...others]);
  if (!verdict.ok && verdict.kind === "blocked") throw urlBlocked(verdict, blocked, caller);
  return verdict.ok;
}

const NOTHING_NEW: UrlVerdict = { ok: true };

function detail({ rule }: Blocked, url: string | undefined): ProblemDetail {
  return { path: "/url", message: explainRule(rule), ...received(url), rule };
}

/** What would allow the URL is the operator's business, so only an admin is told. */
function urlBlocked(blocked: Blocked, details: readonly ProblemDetail[], caller: Caller): Problem {
  const isTold = caller.scope === "admin" && blocked.openings.length > 0;
  return new Problem("url_blocked", `Posthorn does not send to this URL. ${explainRule(blocked.rule)}`, {
    details,
    ...(isTold && { hint: hint(blocked) }),
  });
}

/** Its settings can be pasted as they stand: no full stop follows them. */
function hint({ rule, openings }: Blocked): string {
  const reservation =
    rule === "metadata"
      ? "No receiver is meant to be there: whoever reaches it is given the machine's credentials. To send to it nevertheless,"
      : "If the receiver is meant to be there,";
  return `${reservation} restart Posthorn with ${openings.map(settingText).join(" and ")} (where one is set already, add to it).`;
}

function settingText({ setting, entries }: Opening): string {
  return entries === null ? `the range of its address in ${setting}` : `${setting}=${entries}`;
}
