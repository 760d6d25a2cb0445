import { trustedCertificate } from "../receiver/certificate.ts";
import { startReceiver } from "../receiver/receiver.ts";
import type { Row } from "../row.ts";
import { median } from "../statistics.ts";
import { startPosthorn } from "../subjects/posthorn.ts";
import { EVENT_TYPE, type Trial, trial } from "../trial.ts";

const PATH = "/tls";

export const tls: Row = {
  name: "tls",
  what: "The same with one webhook over TLS, for comparison",
  bars: [],
  async run(bench) {
    const trials: Trial[] = [];
    for (let run = 1; run <= bench.options.runs; run++) {
      const certificate = trustedCertificate(bench);
      await using receiver = await startReceiver(bench, { tls: certificate.tls });
      await using subject = await startPosthorn(bench, { settings: certificate.trust });
      await subject.subscribe([{ url: `${receiver.origins[0]}${PATH}`, events: [EVENT_TYPE] }]);
      const { seconds } = bench.options;
      trials.push(await trial(bench, { subject, receiver, path: PATH, seconds, pace: { connections: 64 } }));
    }
    return {
      figures: {
        "events a second": median(trials.map(({ perSecond }) => perSecond)),
        "µs of processor time each": median(trials.map(({ microsecondsEach }) => microsecondsEach)),
      },
      values: [],
    };
  },
};
