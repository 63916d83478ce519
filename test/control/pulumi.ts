import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A `pulumi` that answers `stack output`. */
export function fakePulumi(body: string): {
  readonly folder: string;
  readonly PATH: string;
  readonly remove: () => void;
} {
  const folder = mkdtempSync(join(tmpdir(), "pulumi-"));
  const file = join(folder, "pulumi");
  writeFileSync(file, `#!${process.execPath}\n${body}\n`);
  chmodSync(file, 0o755);
  return {
    folder,
    PATH: folder,
    remove: () => {
      rmSync(folder, { recursive: true });
    },
  };
}
