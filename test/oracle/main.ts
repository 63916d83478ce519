import { parseArgs } from "node:util";
import { campaign, disagree, figures, story } from "./compare";

const { values } = parseArgs({
  options: {
    sagas: { type: "string", default: "20" },
    mutants: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    faults: { type: "string", default: "2" },
    runs: { type: "string", default: "600" },
  },
});
const [sagas, mutants, seed, faults, runs] = [
  values.sagas,
  values.mutants,
  values.seed,
  values.faults,
  values.runs,
].map(Number) as [number, number, number, number, number];

void (async () => {
  const comparisons = await campaign({ sagas, mutants, seed, limits: { faults, runs } }, (each) => {
    if (disagree(each)) console.log(`${story(each)}\n`);
  });
  console.log(figures(comparisons));
  if (comparisons.some((each) => disagree(each) && each.explained === undefined)) process.exitCode = 1;
})();
