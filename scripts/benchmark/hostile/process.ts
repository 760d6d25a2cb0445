import { HOSTILE_BEHAVIOURS, startHostile } from "../../../test/torture/hostile-behaviours.ts";
import { TRUSTED_PEM } from "../../../test/torture/hostile-tls.ts";
import { serve } from "../part.ts";
import type { HostileProtocol } from "./protocol.ts";

serve<HostileProtocol>({
  open: async () => {
    const receivers = await Promise.all(HOSTILE_BEHAVIOURS.map(startHostile));
    return { urls: receivers.map(({ target }) => `${target}/`), trustedPem: TRUSTED_PEM };
  },
});
