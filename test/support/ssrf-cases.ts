import corpus from "../corpora/ssrf.json";

interface Records {
  readonly A?: readonly string[];
  readonly AAAA?: readonly string[];
}

/** `dns`: what the resolver answers. `redirect`: the URL only ever comes back as a `Location`. */
export interface SsrfCase {
  readonly url: string;
  readonly expect: string;
  readonly class: string;
  readonly why: string;
  readonly dns?: Records & {
    readonly sequence?: readonly Records[];
    readonly atCreate?: Records;
    readonly atDelivery?: Records;
  };
  readonly redirect?: number;
}

/** The corpus of hostile URLs, and of harmless ones that look like them. */
export const SSRF_CASES: readonly SsrfCase[] = corpus;

/** What the name resolves to, judgement by judgement; null where the case says nothing of names. */
export function answersOf({ dns }: SsrfCase): readonly (readonly string[] | null)[] {
  if (dns === undefined) return [null];
  const turns = dns.sequence ?? (dns.atCreate === undefined ? [dns] : [dns.atCreate, dns.atDelivery ?? {}]);
  return turns.map(({ A = [], AAAA = [] }) => [...A, ...AAAA]);
}
