/** What is said to a request, before it is a response: status, content, and the headers of its kind. */
export interface Answer {
  readonly status: number;
  readonly content: string | ReadableStream<Uint8Array> | ReturnType<typeof Bun.file> | null;
  /** Answers of a kind share theirs. Whoever adds to them adds to a copy. */
  readonly headers: Headers;
}

export interface AnswerOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The envelope of every success. */
export function answer(data: unknown, options?: AnswerOptions): Answer {
  return answerJson(`{"success":true,"data":${JSON.stringify(data)}}`, options);
}

/** A page of a list, newest first. */
export function answerPage(rows: readonly unknown[], nextCursor: string | null): Answer {
  return answerJson(JSON.stringify({ success: true, data: rows, page: { next_cursor: nextCursor } }));
}

/**
 * An answer that shows stored JSON as it is stored, to the byte.
 *
 * @param verbatim the text of one more member of `data`
 */
export function answerVerbatim(data: object, verbatim: { readonly name: string; readonly json: string }): Answer {
  const members = JSON.stringify(data).slice(0, -1);
  return answerJson(`{"success":true,"data":${members},${JSON.stringify(verbatim.name)}:${verbatim.json}}}`);
}

/** JSON that is not to be kept by anybody. */
export function answerJson(content: string, { status = 200, headers }: AnswerOptions = {}): Answer {
  return {
    status,
    content,
    headers: headers === undefined ? JSON_HEADERS : answerHeaders({ ...JSON_KIND, ...headers }),
  };
}

/**
 * The headers of a kind of answers: their own, and those that every answer bears. Unless its own say otherwise, a browser
 * that opens an answer as a page loads nothing with it and runs nothing in it; no page may frame it, nor use it but by CORS.
 */
export function answerHeaders(own: Readonly<Record<string, string>>): Headers {
  return new Headers({ ...CAREFUL, Vary: "Origin", ...own });
}

const CAREFUL = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

const JSON_KIND = { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store" };
const JSON_HEADERS = answerHeaders(JSON_KIND);
