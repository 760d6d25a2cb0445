const POLL_MS = 20;
const PATIENCE_MS = 15_000;

/** Asks again and again until the answer is neither false nor null, and gives it; fails with the name of what never came. */
export async function until<Answer>(
  name: string,
  ask: () => Answer | false | null | Promise<Answer | false | null>,
): Promise<Answer> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== null) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${PATIENCE_MS} ms in vain until: ${name}`);
    await Bun.sleep(POLL_MS);
  }
}
