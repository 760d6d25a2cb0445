import { serve } from "../part.ts";
import { closedLoop } from "./closed-loop.ts";
import { openLoop } from "./open-loop.ts";
import type { LoadProtocol } from "./protocol.ts";

serve<LoadProtocol>({ closedLoop, openLoop });
