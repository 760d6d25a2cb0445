import { statfs } from "node:fs/promises";
import { networkInterfaces } from "node:os";

/** What this machine is and allows, as far as Posthorn has to know. */
export interface Machine {
  /** How many descriptors this process may open; null where the system does not tell. */
  readonly openFilesMax: number | null;
  /** The literal addresses of its network interfaces. */
  readonly addresses: readonly string[];
  /** What this user may still write to the file system of `path`; null where the system does not tell. */
  freeBytes(path: string): Promise<number | null>;
}

export function thisMachine(): Machine {
  return { openFilesMax: openFilesMax(), addresses: addresses(), freeBytes };
}

async function freeBytes(path: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}

function openFilesMax(): number | null {
  const report: unknown = process.report?.getReport();
  if (typeof report !== "object" || report === null || !("userLimits" in report)) return null;
  const limits = report.userLimits as { readonly open_files?: { readonly soft?: number | "unlimited" } };
  const soft = limits.open_files?.soft;
  return typeof soft === "number" ? soft : null;
}

function addresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((of) => of?.map(({ address }) => address) ?? []);
}
