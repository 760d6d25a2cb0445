import type { IngestReply, Placed } from "./ingest.ts";
import { TextPacker, TextUnpacker } from "./packed-text.ts";
import type { SettleReply } from "./settle.ts";
import type { Command } from "./verbs.ts";
import type { BatchResult, Refusal } from "./writer.ts";

const REFUSED = 0;
const OTHER = 1;
const ACCEPTED = 2;
const KEPT = 3;

/** What came of a batch on its way back, as one text. What the main thread knows already is left out. */
export function packResult(batch: readonly Command[], result: BatchResult): string {
  const packer = new TextPacker();
  packer.text(result.kind);
  if (result.kind === "done") packAnswers(packer, batch, result);
  else packer.text(result.reason);
  return packer.packed();
}

/** @param batch the one that this is the result of */
export function unpackResult(batch: readonly Command[], packed: string): BatchResult {
  const unpacker = new TextUnpacker(packed);
  const kind = unpacker.text<BatchResult["kind"]>();
  return kind === "done" ? unpackAnswers(unpacker, batch) : { kind, reason: unpacker.text() };
}

function packAnswers(packer: TextPacker, batch: readonly Command[], result: BatchResult & { kind: "done" }): void {
  let refused = 0;
  for (const [at, command] of batch.entries()) {
    const refusal = result.refusals[refused];
    if (refusal?.at !== at) packAnswer(packer, command, result.answers[at]);
    else {
      refused += 1;
      packer.number(REFUSED);
      packer.text(refusal.reason);
    }
  }
}

function unpackAnswers(unpacker: TextUnpacker, batch: readonly Command[]): BatchResult {
  const answers: unknown[] = [];
  const refusals: Refusal[] = [];
  for (const [at, command] of batch.entries()) {
    const kind = unpacker.number();
    if (kind === REFUSED) refusals.push({ at, reason: unpacker.text() });
    answers.push(kind === REFUSED ? null : unpackAnswer(unpacker, kind, command));
  }
  return { kind: "done", answers, refusals };
}

/** What comes for every event goes field by field; the rest is JSON. */
function packAnswer(packer: TextPacker, { verb }: Command, answer: unknown): void {
  // The writer gives each command its own verb's answer.
  if (verb === "ingest") packIngested(packer, answer as IngestReply);
  else if (verb === "settle") packSettled(packer, answer as SettleReply);
  else packOther(packer, answer);
}

function unpackAnswer(unpacker: TextUnpacker, kind: number, command: Command): unknown {
  if (kind === ACCEPTED && command.verb === "ingest") return unpackAccepted(unpacker, command.argument.firstDeliveryId);
  return kind === KEPT ? unpackKept(unpacker) : unpacker.json();
}

function packOther(packer: TextPacker, answer: unknown): void {
  packer.number(OTHER);
  packer.json(answer);
}

function packIngested(packer: TextPacker, reply: IngestReply): void {
  if (reply.kind === "accepted") packAccepted(packer, reply);
  else packOther(packer, reply);
}

function packAccepted(packer: TextPacker, reply: IngestReply & { kind: "accepted" }): void {
  packer.number(ACCEPTED);
  packer.number(reply.row);
  packer.number(reply.placed.length);
  for (const [at, { key, webhook, id }] of reply.placed.entries()) {
    packer.number(key);
    packer.number(webhook);
    packer.text(at === 0 ? null : id);
  }
}

function unpackAccepted(unpacker: TextUnpacker, firstId: string): IngestReply {
  const row = unpacker.number();
  const placed: Placed[] = [];
  for (let left = unpacker.number(); left > 0; left--) {
    placed.push({ key: unpacker.number(), webhook: unpacker.number(), id: unpacker.textOrNull() ?? firstId });
  }
  return { kind: "accepted", row, placed };
}

function packSettled(packer: TextPacker, reply: SettleReply): void {
  if (reply.kind === "kept") packKept(packer, reply);
  else packOther(packer, reply);
}

type Kept = SettleReply & { readonly kind: "kept" };

function packKept(packer: TextPacker, reply: Kept): void {
  packer.number(KEPT);
  packer.text(reply.state);
  packer.number(reply.dueAt);
  packer.json(reply.changed);
}

function unpackKept(unpacker: TextUnpacker): Kept {
  return { kind: "kept", state: unpacker.text(), dueAt: unpacker.numberOrNull(), changed: unpacker.json() };
}
