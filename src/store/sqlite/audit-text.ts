import type { AuditChange, AuditValue } from "../../domain/audit.ts";
import { AUDIT_CHANGES_MAX_BYTES, AUDIT_CUT_BYTES } from "../../limits.ts";

/**
 * Changes as an entry keeps them, as JSON of at most AUDIT_CHANGES_MAX_BYTES. Where they are longer, each that is long is cut:
 * of a text its beginning stays, and of two lists in which they differ.
 */
export function changesText(changes: readonly AuditChange[]): string {
  const whole = JSON.stringify(changes);
  return Buffer.byteLength(whole) <= AUDIT_CHANGES_MAX_BYTES ? whole : JSON.stringify(changes.map(cutChange));
}

/** The beginning of a text that takes more than so many bytes as JSON, with a mark. */
export function cutText(text: string, maxBytes: number): string {
  let [end, left] = [0, maxBytes];
  for (const character of text) {
    left -= bytesOf(character);
    if (left < 0) return `${text.slice(0, end)}…`;
    end += character.length;
  }
  return text;
}

function cutChange(change: AuditChange): AuditChange {
  const { field, from, to } = change;
  if (from === undefined || to === undefined) return change;
  const [before, after] = [cutValue(without(from, to)), cutValue(without(to, from))];
  const isCut = !Bun.deepEquals([before, after], [from, to]);
  return isCut ? { field, from: before, to: after, isCut } : change;
}

/** Of a list of texts, those that another one has not. */
function without(value: AuditValue, other: AuditValue): AuditValue {
  if (!isTexts(value) || !isTexts(other)) return value;
  const others = new Set(other);
  return value.filter((text) => !others.has(text));
}

/** A list of numbers is short. */
function cutValue(value: AuditValue): AuditValue {
  if (typeof value === "string") return cutText(value, AUDIT_CUT_BYTES);
  return isTexts(value) ? cutList(value) : value;
}

function cutList(list: readonly string[]): readonly string[] {
  const shown: string[] = [];
  let left = AUDIT_CUT_BYTES;
  for (const text of list) {
    if (left <= 0) return [...shown, `… ${list.length - shown.length} more`];
    shown.push(cutText(text, AUDIT_CUT_BYTES));
    left -= bytesOf(text);
  }
  return shown;
}

function isTexts(value: AuditValue): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/** As it stands within quotes. */
function bytesOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}
