import { compile } from "../saga/compile";
import { saga, type Saga } from "../saga/language";
import { declarationOf } from "../saga/compile/declaration";
import { type RawStates, verify } from "../saga/verify";
import { unwork, work } from "./tasks";

/** Prints what it costs to compile and verify a saga, by the number of its steps, and how that grows. */

interface Steps {
  step(name: string, step: object): Steps;
  pivot(name: string, step: object): Steps;
  returns(output: (scope: { readonly input: unknown }) => unknown): Saga;
}

/**
 * Three steps in ten with undos that read what their steps did, a pivot, and the rest after it: the most undos with which
 * a thousand steps stay below the 1 MB that a definition may have.
 */
function sagaOf(steps: number): Saga {
  const pivot = Math.floor(steps * 0.3);
  // Its shape is not known to the type checker.
  let building = saga<{ n: number }>(`Steps${steps}`) as unknown as Steps;
  for (let n = 0; n < steps; n++) {
    const name = `Step${n}`;
    const input = ({ input: of }: { input: { n: number } }): object => ({ n: of.n });
    const undo = {
      name: `Undo${n}`,
      task: unwork,
      input: (scope: Record<string, { n: number }>) => ({ n: scope[name]?.n }),
    };
    if (n > pivot) building = building.step(name, { task: work, input });
    else building = building[n === pivot ? "pivot" : "step"](name, { task: work, input, undo });
  }
  return building.returns(({ input }) => ({ input }));
}

function measure(steps: number): { build: number; compile: number; verify: number; states: number; bytes: number } {
  const start = performance.now();
  const built = sagaOf(steps);
  const compiled = performance.now();
  const definition = compile(built, ({ name }) => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`);
  const verified = performance.now();
  const { sound, states } = verify(JSON.parse(JSON.stringify(definition)) as RawStates, declarationOf(built));
  const end = performance.now();
  if (!sound) throw new Error(`the saga of ${steps} steps is not sound`);
  return {
    build: compiled - start,
    compile: verified - compiled,
    verify: end - verified,
    states,
    bytes: Buffer.byteLength(JSON.stringify(definition)),
  };
}

// The first run warms the machine up.
measure(125);
console.log(" steps  defined  compiled  verified  states     bytes  compiled and verified, against half the steps");
let before: number | undefined;
for (const steps of [125, 250, 500, 1000]) {
  const runs = Array.from({ length: 3 }, () => measure(steps));
  const all = (run: (typeof runs)[number]): number => run.compile + run.verify;
  const best = runs.reduce((one, other) => (all(other) < all(one) ? other : one));
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`.padStart(8);
  // n·log n against half of it.
  const allowed = (2 * Math.log(steps)) / Math.log(steps / 2);
  const ratio = before === undefined ? "" : `${(all(best) / before).toFixed(2)} (n·log n: ${allowed.toFixed(2)})`;
  const figures = [best.build, best.compile, best.verify].map(seconds).join("  ");
  console.log(
    `${String(steps).padStart(6)} ${figures} ${String(best.states).padStart(7)} ${String(best.bytes).padStart(9)}  ${ratio}`,
  );
  before = all(best);
}
