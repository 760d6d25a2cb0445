const POLL_MS = 20;

/** Asks again and again until the answer is not null, and gives it. @throws Error with `what` after `seconds` */
export async function waitFor<Answer>(
  what: string,
  seconds: number,
  ask: () => Promise<Answer | null> | Answer | null,
): Promise<Answer> {
  const deadline = performance.now() + seconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await Bun.sleep(POLL_MS);
  }
}
