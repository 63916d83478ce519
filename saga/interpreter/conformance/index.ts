import { readCases } from "./case";
import type { CaseResult } from "./report";
import { runCase } from "./run-case";

export { formatReport, type CaseResult } from "./report";

/** Runs every recording in a folder through the interpreter. */
export async function runConformance(folder: string): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const { path, recording } of readCases(folder)) results.push({ path, verdict: await runCase(recording) });
  return results;
}
