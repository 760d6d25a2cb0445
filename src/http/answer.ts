const JSON_HEADERS = { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store" };

export interface AnswerOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The envelope of every success. */
export function answer(data: unknown, options: AnswerOptions = {}): Response {
  return json(`{"success":true,"data":${JSON.stringify(data)}}`, options);
}

/** A page of a list, newest first. */
export function answerPage(rows: readonly unknown[], nextCursor: string | null): Response {
  return json(JSON.stringify({ success: true, data: rows, page: { next_cursor: nextCursor } }));
}

/**
 * An answer that shows stored JSON as it is stored, to the byte.
 *
 * @param verbatim the text of one more member of `data`
 */
export function answerVerbatim(data: object, verbatim: { readonly name: string; readonly json: string }): Response {
  const members = JSON.stringify(data).slice(0, -1);
  return json(`{"success":true,"data":${members},${JSON.stringify(verbatim.name)}:${verbatim.json}}}`);
}

function json(text: string, { status = 200, headers = {} }: AnswerOptions = {}): Response {
  return new Response(text, { status, headers: { ...JSON_HEADERS, ...headers } });
}
