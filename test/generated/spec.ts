import * as fc from "fast-check";

/** A saga as data. It is built, run, and compared with its expected calls. */
export type Spec =
  | { readonly kind: "step"; readonly definite: boolean }
  | { readonly kind: "query" }
  | { readonly kind: "wait" }
  | { readonly kind: "pivot" }
  | {
      readonly kind: "when";
      readonly holds: boolean;
      readonly then: readonly Spec[];
      readonly otherwise: readonly Spec[];
    }
  | { readonly kind: "parallel"; readonly branches: readonly (readonly Spec[])[] }
  | { readonly kind: "forEach"; readonly items: number; readonly body: readonly Spec[] };

/** How a call goes wrong. */
export type Fault =
  /** A fault that Step Functions retries, before or after the effect. */
  | "transient-before"
  | "transient-after"
  /** An error that nobody retries, before or after the effect. */
  | "error-before"
  | "error-after"
  /** Refused with an error that the step may declare as definite. */
  | "refused"
  /** No answer within the state's timeout. The effect comes at once, or after the timeout. */
  | "timeout"
  | "late";

export interface Scenario {
  readonly nodes: readonly Spec[];
  /** The failing calls, by their number in the order of calls. */
  readonly faults: readonly (readonly [call: number, fault: Fault])[];
  /** Whether undos, and steps after the pivot, fail until the execution is redriven. */
  readonly broken: boolean;
}

const step = fc.record({ kind: fc.constant("step" as const), definite: fc.boolean() });
const leaf: fc.Arbitrary<Spec> = fc.oneof(
  { weight: 6, arbitrary: step },
  { weight: 1, arbitrary: fc.constant<Spec>({ kind: "query" }) },
  { weight: 1, arbitrary: fc.constant<Spec>({ kind: "wait" }) },
);

const inner = (depth: number): fc.Arbitrary<readonly Spec[]> => fc.array(node(depth), { minLength: 1, maxLength: 3 });

function node(depth: number): fc.Arbitrary<Spec> {
  if (depth === 0) return leaf;
  const sequence = inner(depth - 1);
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("parallel" as const),
        branches: fc.array(sequence, { minLength: 1, maxLength: 3 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("when" as const),
        holds: fc.boolean(),
        then: sequence,
        otherwise: fc.oneof(fc.constant([]), sequence),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("forEach" as const),
        items: fc.integer({ min: 0, max: 3 }),
        body: sequence,
      }),
    },
  );
}

const MOST_STEPS = 25;

export function size(nodes: readonly Spec[]): number {
  return nodes.reduce((sum, each) => {
    switch (each.kind) {
      case "when":
        return sum + size(each.then) + size(each.otherwise);
      case "parallel":
        return sum + each.branches.reduce((all, branch) => all + size(branch), 0);
      case "forEach":
        return sum + size(each.body);
      default:
        return sum + 1;
    }
  }, 0);
}

const nodes: fc.Arbitrary<readonly Spec[]> = fc
  .tuple(
    fc.array(node(2), { maxLength: 6 }),
    fc.option(fc.constant<Spec>({ kind: "pivot" }), { nil: undefined }),
    fc.array(node(2), { maxLength: 4 }),
  )
  .map(([before, at, after]) => (at ? [...before, at, ...after] : before))
  .filter((all) => all.length > 0 && size(all) <= MOST_STEPS);

const fault = fc.constantFrom<Fault>(
  "transient-before",
  "transient-after",
  "error-before",
  "error-after",
  "refused",
  "timeout",
  "late",
);

export const scenario: fc.Arbitrary<Scenario> = fc.record({
  nodes,
  faults: fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 6, arbitrary: fc.array(fc.tuple(fc.nat({ max: 30 }), fault), { minLength: 1, maxLength: 4 }) },
  ),
  broken: fc.boolean(),
});
