import { statSync } from "node:fs";
import { type CaseResult, formatReport } from "./report";

/** Runs the recordings of a folder as a command, prints the results, and returns the exit code. */
export async function conformanceCommand(
  name: string,
  args: readonly string[],
  run: (folder: string) => Promise<readonly CaseResult[]>,
): Promise<number> {
  const [folder] = args;
  if (folder === undefined || args.length !== 1) {
    console.error(`Usage: npm run ${name} -- DIR   (a folder of recordings of the real service)`);
    return 2;
  }
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    console.error(`${folder} is not a folder`);
    return 2;
  }
  let results: readonly CaseResult[];
  try {
    results = await run(folder);
  } catch (error) {
    console.error((error as Error).message);
    return 2;
  }
  if (results.length === 0) {
    console.error(`${folder} has no recordings (*.json)`);
    return 2;
  }
  console.log(formatReport(results));
  return results.some(({ verdict }) => verdict.kind === "failed") ? 1 : 0;
}
