import { neutral } from "../domain/neutral-text.ts";

export interface Listening {
  readonly version: string;
  /** Without a slash at the end. */
  readonly url: string;
  readonly dataDir: string;
  /** Null when the key comes from a setting, or its file was taken away. */
  readonly adminKeyPath: string | null;
  /** The key itself, when this start made it. */
  readonly newAdminKey: string | null;
}

/** What a person reads after the start. */
export function banner({ version, url, dataDir, adminKeyPath, newAdminKey }: Listening): string {
  const lines = [
    ["API", url],
    ["Docs", `${url}/swagger`],
    ["Data", dataDir],
    ["Admin key", adminKeyPath ?? "as it was set or made"],
    ...(newAdminKey === null ? [] : [["", newAdminKey]]),
  ];
  const rows = lines.map(([label = "", text = ""]) => `  ${label.padEnd(10)} ${neutral(text)}\n`);
  return `\n  Posthorn ${version}\n\n${rows.join("")}\n`;
}
