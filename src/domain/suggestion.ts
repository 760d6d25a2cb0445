/** ` Did you mean "x"?`, to be put behind a sentence, or nothing when no candidate is near enough. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const candidate = closest(word, candidates);
  return candidate === null ? "" : ` Did you mean "${candidate}"?`;
}

/**
 * The candidate that `word` was probably meant to be, the first of several that are equally near, or null. Near is one
 * typing mistake for every four characters of the candidate, begun ones included; upper and lower case do not matter.
 */
export function closest(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let bestMistakes = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const bearable = Math.ceil(candidate.length / CHARACTERS_PER_MISTAKE);
    // Also keeps the cost down, whatever the length of a stranger's word.
    if (Math.abs(candidate.length - word.length) > bearable) continue;
    const mistakes = mistakesBetween(word.toLowerCase(), candidate.toLowerCase());
    if (mistakes > bearable || mistakes >= bestMistakes) continue;
    best = candidate;
    bestMistakes = mistakes;
  }
  return best;
}

const CHARACTERS_PER_MISTAKE = 4;

/** Restricted Damerau-Levenshtein distance: characters to insert, delete, replace or swap with their neighbour. */
function mistakesBetween(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = at(last, column - 1) + (one[row - 1] === other[column - 1] ? 0 : 1);
      const swapped = isSwap(one, row, other, column) ? at(beforeLast, column - 2) + 1 : replaced;
      current.push(Math.min(replaced, swapped, at(last, column) + 1, at(current, column - 1) + 1));
    }
    beforeLast = last;
    last = current;
  }
  return at(last, other.length);
}

function isSwap(one: string, row: number, other: string, column: number): boolean {
  return row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
}

function at(distances: readonly number[], column: number): number {
  return distances[column] ?? Number.POSITIVE_INFINITY;
}
