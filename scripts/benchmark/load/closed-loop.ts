import { now } from "../clock.ts";
import type { Connection } from "./connection.ts";
import { Poster } from "./poster.ts";
import type { ClosedLoop, Loaded } from "./protocol.ts";

export async function closedLoop(load: ClosedLoop): Promise<Loaded> {
  const poster = new Poster(load);
  const connections = await Promise.all(Array.from({ length: load.connections }, () => poster.connect()));
  const endsAt = now() + load.seconds * 1_000;
  const eventsMax = load.eventsMax ?? Number.POSITIVE_INFINITY;
  try {
    await Promise.all(connections.map((connection) => postUntil(poster, connection, { endsAt, eventsMax })));
    return poster.loaded();
  } finally {
    for (const connection of connections) connection.close();
  }
}

interface End {
  readonly endsAt: number;
  readonly eventsMax: number;
}

async function postUntil(poster: Poster, connection: Connection, { endsAt, eventsMax }: End): Promise<void> {
  while (now() < endsAt && poster.posted < eventsMax) await poster.post(connection, now());
}
