import type { NewEvent } from "../contract.ts";
import type { FlatAttempt } from "./attempts.ts";
import { TextPacker, TextUnpacker } from "./packed-text.ts";
import type { Outcome } from "./settle.ts";
import type { Command } from "./verbs.ts";

const INGEST = 1;
const SETTLE = 2;
const OTHER = 0;

/** A batch on its way to the writer's thread, as one text. */
export function packBatch(batch: readonly Command[]): string {
  const packer = new TextPacker();
  packer.number(batch.length);
  for (const command of batch) packCommand(packer, command);
  return packer.packed();
}

export function unpackBatch(packed: string): readonly Command[] {
  const unpacker = new TextUnpacker(packed);
  const batch: Command[] = [];
  for (let left = unpacker.number(); left > 0; left--) batch.push(unpackCommand(unpacker));
  return batch;
}

/** What comes for every event goes field by field; the rest is JSON. */
function packCommand(packer: TextPacker, command: Command): void {
  if (command.verb === "ingest") {
    packer.number(INGEST);
    packEvent(packer, command.argument);
  } else if (command.verb === "settle") {
    packer.number(SETTLE);
    packOutcome(packer, command.argument);
  } else {
    packer.number(OTHER);
    packer.json(command);
  }
}

function unpackCommand(unpacker: TextUnpacker): Command {
  const kind = unpacker.number();
  if (kind === INGEST) return { verb: "ingest", argument: unpackEvent(unpacker) };
  if (kind === SETTLE) return { verb: "settle", argument: unpackOutcome(unpacker) };
  return unpacker.json();
}

function packEvent(packer: TextPacker, event: NewEvent): void {
  packer.text(event.tenant);
  packer.text(event.id);
  packer.text(event.type);
  packer.number(event.createdAt);
  packer.text(event.apiVersion);
  packer.longText(event.body);
  packer.text(event.firstDeliveryId);
  packer.number(event.dueAt);
}

function unpackEvent(unpacker: TextUnpacker): NewEvent {
  return {
    tenant: unpacker.text(),
    id: unpacker.text(),
    type: unpacker.text(),
    createdAt: unpacker.number(),
    apiVersion: unpacker.text(),
    body: unpacker.longText(),
    firstDeliveryId: unpacker.text(),
    dueAt: unpacker.number(),
  };
}

function packOutcome(packer: TextPacker, { delivery, heldFor, attempt, next }: Outcome): void {
  packer.number(delivery);
  packer.number(heldFor);
  packAttempt(packer, attempt);
  packer.json(next.to === "delivered" ? null : next);
}

function unpackOutcome(unpacker: TextUnpacker): Outcome {
  const delivery = unpacker.number();
  const heldFor = unpacker.numberOrNull();
  const attempt = unpackAttempt(unpacker);
  const next = unpacker.json<Outcome["next"] | null>();
  return { delivery, heldFor, attempt, next: next ?? { to: "delivered" } };
}

function packAttempt(packer: TextPacker, attempt: FlatAttempt): void {
  packer.number(attempt.number);
  packer.number(attempt.startedAt);
  packer.number(attempt.durationMs);
  packer.text(attempt.url);
  packer.text(attempt.code);
  packer.text(attempt.error);
  packer.number(attempt.statusCode);
  packer.number(attempt.signedAtSeconds);
  packer.text(attempt.signatureHex);
  packer.text(attempt.customHeaderNames);
  packer.longText(attempt.responseHeaders);
  packer.longText(attempt.responseBody);
  packer.text(attempt.responseBodyEnd);
  packer.number(attempt.dnsMs);
  packer.number(attempt.connectMs);
  packer.number(attempt.tlsMs);
  packer.number(attempt.firstByteMs);
}

function unpackAttempt(unpacker: TextUnpacker): FlatAttempt {
  return {
    number: unpacker.number(),
    startedAt: unpacker.number(),
    durationMs: unpacker.number(),
    url: unpacker.text(),
    code: unpacker.text(),
    error: unpacker.textOrNull(),
    statusCode: unpacker.numberOrNull(),
    signedAtSeconds: unpacker.numberOrNull(),
    signatureHex: unpacker.textOrNull(),
    customHeaderNames: unpacker.textOrNull(),
    responseHeaders: unpacker.longTextOrNull(),
    responseBody: unpacker.longTextOrNull(),
    responseBodyEnd: unpacker.textOrNull(),
    dnsMs: unpacker.numberOrNull(),
    connectMs: unpacker.numberOrNull(),
    tlsMs: unpacker.numberOrNull(),
    firstByteMs: unpacker.numberOrNull(),
  };
}
