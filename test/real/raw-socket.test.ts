import { expect, test } from "bun:test";
import { connect } from "node:net";
import { takeOver } from "../../src/real/raw-socket.ts";
import { startRawReceiver } from "../support/raw-receiver.ts";

test("what throws at an event of its socket loses the socket, and hears so", async () => {
  await using receiver = await startRawReceiver((connection) => connection.write("x"));
  const told = Promise.withResolvers<void>();
  const socket = connect({ host: "127.0.0.1", port: receiver.port });
  socket.once("connect", () =>
    takeOver(socket, {
      received: () => {
        throw new Error("a fault of ours");
      },
      writable: () => {},
      ended: () => {},
      closed: () => told.resolve(),
    }),
  );
  await (await receiver.nextConnection("the connection")).closed;
  expect(await told.promise).toBeUndefined();
});
