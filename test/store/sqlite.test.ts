import { storeConformance } from "./conformance.ts";
import { openInMemory, openOnDisk } from "./open-sqlite.ts";

storeConformance("SQLite in memory, in one thread", openInMemory);
storeConformance("SQLite on a file, in worker threads", openOnDisk);
