/** The bounds of standard output, with their units. */

const KB = 1_024;

/** What is kept while nobody reads. */
export const UNREAD_OUTPUT_MAX_CHARACTERS = 4 * KB * KB;
/** How long, and up to which length, lines wait for others to be written with; half of what a pipe takes in. */
export const OUTPUT_GATHERED_MS = 5;
export const OUTPUT_GATHERED_MAX_CHARACTERS = 32 * KB;
