import { constants, setPriority } from "node:os";
import { HOSTILE_BEHAVIOURS, startHostile } from "../../../test/torture/hostile-behaviours.ts";
import { TRUSTED_PEM } from "../../../test/torture/hostile-tls.ts";
import { serve } from "../part.ts";
import type { HostileProtocol } from "./protocol.ts";

// Some of them write as fast as they can: what that costs themselves is not to be measured.
setPriority(constants.priority.PRIORITY_LOW);

serve<HostileProtocol>({
  open: async () => {
    const receivers = await Promise.all(HOSTILE_BEHAVIOURS.map(startHostile));
    return { urls: receivers.map(({ target }) => `${target}/`), trustedPem: TRUSTED_PEM };
  },
});
