/** What is measured: it takes `POST /api/events`, answers 202, signs the event and sends it to its webhooks. */
export interface Subject extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  /** Its bearer key. */
  readonly key: string;
  /** The processes whose processor time is its own. */
  readonly pids: readonly number[];
}

/** The secret that every subject signs with. */
export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
