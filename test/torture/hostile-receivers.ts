import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { LOOPBACK_ALLOWED, startBinary } from "../support/binary.ts";
import { emptyPlace } from "../support/place.ts";
import { startReceiver } from "../support/receiver.ts";
import { HOSTILE_BEHAVIOURS } from "./hostile-behaviours.ts";
import { TRUSTED_PEM } from "./hostile-tls.ts";
import { HostileTrial } from "./hostile-trial.ts";
import { progress, type Suite } from "./suite.ts";

/** Those that could cost memory, and so come in numbers also in the short form. */
const LARGE = ["a body of 1 GiB", "a header of 4 MB", "headers without an end", "a gzip bomb"];
const COPIES = 200;

export const hostileReceivers: Suite = {
  name: "hostile-receivers",
  describe: `receivers that misbehave in ${HOSTILE_BEHAVIOURS.length} ways: each attempt ends in its own way, in time and in little memory, and nobody else is held up`,
  problem: () => (process.platform === "linux" ? null : "the memory of a process is read from /proc"),
  async run({ full }) {
    using place = emptyPlace();
    const trusted = join(place.path, "trusted.pem");
    writeFileSync(trusted, TRUSTED_PEM);
    await using posthorn = await startBinary(place, { ...LOOPBACK_ALLOWED, NODE_EXTRA_CA_CERTS: trusted });
    await using healthy = startReceiver();
    using trial = await HostileTrial.begin(posthorn, healthy);
    if (!full) await trial.attack(HOSTILE_BEHAVIOURS, 1);
    const numerous = full ? HOSTILE_BEHAVIOURS : HOSTILE_BEHAVIOURS.filter(({ name }) => LARGE.includes(name));
    const tell = progress("behaviours", numerous.length);
    for (const [at, behaviour] of numerous.entries()) {
      await trial.attack([behaviour], COPIES);
      tell(at + 1);
    }
    return await trial.end();
  },
};
