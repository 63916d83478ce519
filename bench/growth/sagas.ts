import { type Saga, saga } from "../../saga/language";
import { unwork, work } from "../tasks";

/**
 * The measured sagas. `steps`: three steps in ten have undos that read their results. A pivot follows, and then the other
 * steps. `queries`: only queries.
 */
export type Kind = "steps" | "queries";

/** A builder without types, since its length is not known to the type checker. */
interface Steps {
  step(name: string, step: object): Steps;
  pivot(name: string, step: object): Steps;
  query(name: string, query: object): Steps;
  returns(output: (scope: { readonly input: unknown }) => unknown): Saga;
}

export function sagaOf(kind: Kind, steps: number): Saga {
  const pivot = Math.floor(steps * 0.3);
  let building = saga<{ n: number }>("Long") as unknown as Steps;
  for (let n = 0; n < steps; n++) {
    const name = `S${n}`;
    const input = ({ input: of }: { input: { n: number } }): object => ({ n: of.n });
    const undo = {
      name: `U${n}`,
      task: unwork,
      input: (scope: Record<string, { n: number }>) => ({ n: scope[name]?.n }),
    };
    if (kind === "queries") building = building.query(name, { task: work, input });
    else if (n > pivot) building = building.step(name, { task: work, input });
    else building = building[n === pivot ? "pivot" : "step"](name, { task: work, input, undo });
  }
  return building.returns(({ input }) => ({ input }));
}

/** In one expression, as somebody writes it: at about 590 calls the type checker runs out of its stack. */
const CHAIN = 500;

/** The source of such a saga. All steps have undos, which is the hardest case for the type checker. */
export function sourceOf(kind: Kind, steps: number): string {
  const input = "input: ({ input }) => ({ order: input.order, total: input.total })";
  const call = (n: number): string => {
    if (kind === "queries") return `.query("S${n}", { task: act, ${input} })`;
    const undo = `undo: { name: "U${n}", task: undo, input: ({ input, S${n} }) => ({ order: input.order, token: S${n}.token }) }`;
    return `.step("S${n}", { task: act, ${input}, ${undo} })`;
  };
  const chains = Array.from({ length: Math.ceil(steps / CHAIN) }, (_, at) => {
    const calls = Array.from({ length: Math.min(CHAIN, steps - at * CHAIN) }, (__, n) => call(at * CHAIN + n));
    return `const chain${at + 1} = chain${at}\n  ${calls.join("\n  ")};`;
  });
  return [
    `import { saga, type Task } from "../saga/language";`,
    // Types without a name take the checker more.
    `declare const act: Task<{ order: string; total: number }, { token: string; count: number }>;`,
    `declare const undo: Task<{ order: string; token?: string }, { undone: boolean }>;`,
    `const chain0 = saga<{ order: string; total: number }>("Long");`,
    ...chains,
    `export const long = chain${chains.length}.returns(({ S${steps - 1} }) => ({ token: S${steps - 1}.token }));`,
  ].join("\n");
}
