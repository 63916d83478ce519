import { readCases } from "./case";
import type { CaseResult } from "./report";
import { type Compare, runCase } from "./run-case";

export { formatReport, type CaseResult } from "./report";

/**
 * Runs every recording in a folder.
 * @param compare Runs one of them. Default: the interpreter runs it.
 */
export async function runConformance(folder: string, compare?: Compare): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const { path, recording } of readCases(folder)) {
    results.push({ path, verdict: await runCase(recording, compare) });
  }
  return results;
}
