/** Almost every text: its test costs a fraction of the search below. */
const ALL_VISIBLE_ASCII = /^[ -~]*$/;

/**
 * What would start a new line, move a terminal's cursor, turn its text around or not be seen: control and format characters,
 * those that fonts leave out, line and paragraph separators, half a surrogate pair.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A text that is read on one line, as what it is. The escapes are JSON's own, so that a JSON text stays the same JSON. */
export function neutral(text: string): string {
  return ALL_VISIBLE_ASCII.test(text) ? text : text.replace(UNSAFE, escaped);
}

/** One beyond the basic plane is a pair of UTF-16 units. */
function escaped(character: string): string {
  const units = character.split("");
  return units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
}
