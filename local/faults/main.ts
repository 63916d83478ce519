import { evaluateProgram } from "../program";
import { explore } from "./explore";
async function main() {
  const t = performance.now();
  const findings = await explore(await evaluateProgram(), { pairs: process.argv.includes("--pairs") });
  console.log(findings.length, (performance.now() - t) / 1000, process.cpuUsage());
  for (const { scenario, violations } of findings.filter(({ violations }) => violations.length > 0).slice(0, 10))
    console.log(
      scenario.setting.name,
      scenario.faults.map(({ state, kind }) => `${state} ${kind.name}`),
      violations,
    );
}
void main();
