import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { startPart } from "../part.ts";
import { type TrustedCertificate, trustedCertificate } from "../receiver/certificate.ts";
import { type Receiver, startReceiver } from "../receiver/receiver.ts";
import type { Row } from "../row.ts";
import { median } from "../statistics.ts";
import { startPosthorn } from "../subjects/posthorn.ts";
import type { UndiciProtocol } from "../subjects/undici-protocol.ts";
import { burst, EVENT_TYPE } from "../trial.ts";

const PATH = "/tls-400";
const RECEIVERS = 400;
const DATA_BYTES = 1_000;
/** Events that open the connections before the measurement begins. */
const WARM_UP_EVENTS = 2;
const CONNECTIONS = 4;
const POST_MAX_SECONDS = 60;

export const tls400: Row = {
  name: "tls-400",
  what: "Deliveries a second to 400 receivers over TLS, evenly",
  bars: [{ what: "of a bare loop of undici", unit: "×", better: "more", goal: 0.75 }],
  async run(bench) {
    const loops: number[] = [];
    const posthorns: number[] = [];
    for (let run = 1; run <= bench.options.runs; run++) {
      const certificate = trustedCertificate(bench);
      await using receiver = await startReceiver(bench, { ports: RECEIVERS, tls: certificate.tls });
      const loop = await bareLoop(bench, receiver, certificate);
      loops.push(loop);
      // As many deliveries as the loop made.
      const events = Math.ceil((loop * bench.options.seconds) / RECEIVERS);
      posthorns.push(await fannedOut(bench, receiver, certificate, events));
    }
    const [posthorn, loop] = [median(posthorns), median(loops)];
    return { figures: { Posthorn: posthorn, "bare undici": loop }, values: [posthorn / loop] };
  },
};

async function bareLoop(bench: Bench, receiver: Receiver, { tls }: TrustedCertificate): Promise<number> {
  await using part = startPart<UndiciProtocol>(bench, join(import.meta.dir, "../subjects/undici-process.ts"));
  const targets = receiver.origins.map((origin) => `${origin}${PATH}`);
  const loop = { targets, ca: tls.cert, dataBytes: DATA_BYTES };
  await part.call("send", { ...loop, requests: RECEIVERS * WARM_UP_EVENTS, seconds: POST_MAX_SECONDS });
  await receiver.call("reset", { path: PATH, copies: 1 });
  await part.call("send", { ...loop, requests: Number.MAX_SAFE_INTEGER, seconds: bench.options.seconds });
  const { arrivals, firstAt, lastAt } = await receiver.call("tally", { path: PATH });
  return (arrivals * 1_000) / (lastAt - firstAt);
}

/** Each event goes to all receivers, so that taking events costs next to nothing. */
async function fannedOut(
  bench: Bench,
  receiver: Receiver,
  { trust }: TrustedCertificate,
  events: number,
): Promise<number> {
  await using subject = await startPosthorn(bench, { settings: trust });
  await subject.subscribe(receiver.origins.map((origin) => ({ url: `${origin}${PATH}`, events: [EVENT_TYPE] })));
  const load = { subject, receiver, path: PATH, copies: RECEIVERS, seconds: POST_MAX_SECONDS };
  await burst(bench, { ...load, pace: { connections: 1, eventsMax: WARM_UP_EVENTS } });
  const { perSecond } = await burst(bench, { ...load, pace: { connections: CONNECTIONS, eventsMax: events } });
  return perSecond;
}
