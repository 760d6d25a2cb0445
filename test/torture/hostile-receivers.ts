import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { LOOPBACK_ALLOWED, startBinary } from "../support/binary.ts";
import { emptyPlace } from "../support/place.ts";
import { startReceiver } from "../support/receiver.ts";
import { HOSTILE_BEHAVIOURS, HOSTILE_OVER_TLS } from "./hostile-behaviours.ts";
import { TRUSTED_PEM } from "./hostile-tls.ts";
import { HostileTrial } from "./hostile-trial.ts";
import { progress, type Suite } from "./suite.ts";

const ALL = [...HOSTILE_BEHAVIOURS, ...HOSTILE_OVER_TLS];
/** Those that could cost memory, and so come in numbers also in the short form. */
const LARGE = ["a body of 1 GiB", "a header of 4 MB", "headers without an end", "a gzip bomb"];
const COPIES = 200;
/** Fewer: the suite itself has to shake hands with all of them within the deadline. */
const COPIES_OVER_TLS = 50;
const GROWTH_MAX_MB = 32;
/** Those that could pass one delivery's answer off for another's, and so are kept busy. */
const FORGING = ALL.filter(({ name }) => name.startsWith("sends a forged second response"));
const FORGERS = 10;
const FORGED_EVENTS = { short: 20, full: 200 };

export const hostileReceivers: Suite = {
  name: "hostile-receivers",
  describe: `receivers that misbehave in ${ALL.length} ways: each attempt ends in its own way, in time and in little memory, and nobody else is held up`,
  problem: () => (process.platform === "linux" ? null : "the memory of a process is read from /proc"),
  async run({ full }) {
    using place = emptyPlace();
    const trusted = join(place.path, "trusted.pem");
    writeFileSync(trusted, TRUSTED_PEM);
    await using posthorn = await startBinary(place, { ...LOOPBACK_ALLOWED, NODE_EXTRA_CA_CERTS: trusted });
    await using healthy = startReceiver();
    using trial = await HostileTrial.begin(posthorn, healthy);
    if (!full) await trial.attack(ALL, 1);
    for (const forging of FORGING) {
      await trial.attack([forging], FORGERS, full ? FORGED_EVENTS.full : FORGED_EVENTS.short);
    }
    const numerous = full ? ALL : ALL.filter(({ name }) => LARGE.includes(name));
    const tell = progress("behaviours", numerous.length);
    for (const [at, behaviour] of numerous.entries()) {
      const copies = HOSTILE_OVER_TLS.includes(behaviour) ? COPIES_OVER_TLS : COPIES;
      const growthMb = await trial.attack([behaviour], copies);
      assert(growthMb <= GROWTH_MAX_MB, `${behaviour.name}: ${copies} at once cost ${growthMb} MB`);
      tell(at + 1);
    }
    return await trial.end();
  },
};
