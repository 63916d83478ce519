import { writeFileSync } from "node:fs";
import { callersPath } from "./paths";
import { UsageError } from "./usage-error";

/**
 * Writes a file that the command line names.
 * @throws UsageError
 */
export function writeFile(path: string, content: string): void {
  try {
    writeFileSync(callersPath(path), content);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `can't write the file '${path}': ${code === "ENOENT" ? "its folder does not exist" : message}`,
    );
  }
}
