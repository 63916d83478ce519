import { expect } from "chai";
import { diagnose } from "./diagnose";

const BEFORE = `
import { type AsJson, gt, saga, task } from "saga-aws-pulumi";
declare function stub<In extends object, Out extends AsJson<Out>>(): ReturnType<typeof task<In, Out>>;
const act = stub<{ order: string; total: number }, { token: string; count: number }>();
const amend = stub<{ order: string; token?: string }, { undone: boolean }>();
type Order = { order: string; total: number; items: { sku: string }[] };
`;

/** A step whose tasks have types without names, which take the checker the most. */
function step(name: string): string {
  const input = "input: ({ input }) => ({ order: input.order, total: input.total })";
  const undo = `undo: { name: "Un${name}", task: amend, input: ({ input, ${name} }) => ({ order: input.order, token: ${name}.token }) }`;
  return `.step("${name}", { task: act, ${input}, ${undo} })`;
}

/** One with each kind of branch among its steps. */
function branched(at: number): string {
  const name = `S${at}`;
  if (at % 10 === 3)
    return `.parallel("${name}", { left: (s) => s${step(`${name}a`)}, right: (s) => s${step(`${name}b`)} })`;
  if (at % 10 === 6) {
    return `.when("${name}", ({ input }) => gt(input.total, 1), (s) => s${step(`${name}a`)}, (s) => s${step(`${name}b`)})`;
  }
  if (at % 10 === 9) return `.forEach("${name}", ({ input }) => input.items, (s) => s${step(`${name}a`)})`;
  return step(name);
}

/** A saga in one expression. */
function chain(name: string, calls: number, call: (at: number) => string): string {
  const text = Array.from({ length: calls }, (_, at) => call(at)).join("\n  ");
  return `const ${name} = saga<Order>("${name}")\n  ${text}\n  .returns(({ S0 }) => ({ token: S0.token }));`;
}
const plain = (at: number): string => step(`S${at}`);

describe("the types of a long saga", function () {
  this.timeout(60_000);

  it("are checked, of many steps and of many branches in one expression", () => {
    const sagas = [chain("Long", 120, plain), chain("Branched", 100, branched)];
    expect(diagnose(BEFORE, sagas)).to.deep.equal([[], []]);
  });

  it("are checked up to what TypeScript has a stack for, and beyond that in parts @slow", () => {
    const whole = `saga<Order>("Whole")
      .include("A", First, ({ input }) => input)
      .include("B", Second, ({ input }) => input)
      .returns(({ A, B }) => ({ tokens: [A.token, B.token] }))`;
    // The whole comes first, as for an editor that has opened the file which uses it.
    const parts = [`const Whole = whole();\nfunction whole() { return ${whole}; }`];
    parts.push(chain("First", 500, plain), chain("Second", 500, plain));
    expect(diagnose(BEFORE, parts)).to.deep.equal([[], [], []]);
  });
});
