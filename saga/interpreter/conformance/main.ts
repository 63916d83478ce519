import { statSync } from "node:fs";
import { type CaseResult, formatReport, runConformance } from ".";

/** `npm run conformance -- DIR`: holds the interpreter against recordings of the real service. */
async function main(args: readonly string[]): Promise<number> {
  const [folder] = args;
  if (folder === undefined || args.length !== 1) {
    console.error("Usage: npm run conformance -- DIR   (a folder of recordings of the real service)");
    return 2;
  }
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    console.error(`${folder} is not a folder`);
    return 2;
  }
  let results: CaseResult[];
  try {
    results = await runConformance(folder);
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

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
