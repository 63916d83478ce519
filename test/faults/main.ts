import { evaluateProgram } from "../../saga/local/program";
import { explore } from "./explore";
import { formatFindings } from "./print";
import { setUp } from "./stage";

/** `npm run faults`: every fault, and every pair, at every call of the order saga as it is deployed. */
async function main(): Promise<number> {
  const started = performance.now();
  const stage = await setUp(await evaluateProgram());
  const findings = await explore(stage, { pairs: true }).finally(() => stage.cloud.close());
  const seconds = (performance.now() - started) / 1000;
  const violations = findings.filter((finding) => finding.violations.length > 0).length;
  console.log(formatFindings(findings));
  console.log(`\n${findings.length} scenarios in ${seconds.toFixed(0)} s, ${violations} with violations`);
  return violations === 0 ? 0 : 1;
}

void main().then((code) => {
  process.exitCode = code;
});
