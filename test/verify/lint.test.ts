import { expect } from "chai";
import * as fc from "fast-check";
import { tripBooking } from "../../examples/trip/saga";
import { orderFulfilment } from "../../orderFulfilment";
import { compile, compileMachine, recoveryOf, type Saga } from "../../saga";
import { type Finding, lint, type LintRule } from "../../saga/verify/lint";
import { build } from "../generated/build";
import { scenario } from "../generated/spec";

import validate = require("asl-validator");

const pass = (fields: object = {}) => ({ Type: "Pass", End: true, ...fields });
const task = (fields: object = {}) => ({
  Type: "Task",
  Resource: "arn:aws:states:::lambda:invoke",
  Arguments: { FunctionName: "f", Payload: "{% {} %}" },
  TimeoutSeconds: 5,
  ...fields,
});
const machine = (States: object, more: object = {}) =>
  ({ QueryLanguage: "JSONata", StartAt: Object.keys(States)[0], States, ...more }) as never;
const one = (state: object) => machine({ A: state });
const all = { ErrorEquals: ["States.ALL"], Next: "B" };

const CASES: readonly (readonly [rule: LintRule, title: string, bad: never, good: never])[] = [
  [
    "unparsable",
    "JSONata that came after 2.0.6",
    one(pass({ Output: "{% {'a': $states.input.a ?? 1} %}" })),
    one(pass({ Output: "{% {'a': $states.input.a} %}" })),
  ],
  [
    "undefined-variable",
    "a variable that nothing assigns",
    one(pass({ Output: "{% {'a': $x} %}" })),
    one(pass({ Output: "{% {'a': ($x := 1; $x), 'b': $map([1], function($y) {$y})} %}" })),
  ],
  [
    "unassigned-variable",
    "a variable that a failed task would have assigned",
    machine({
      A: task({ Assign: { x: "{% $states.result %}" }, Catch: [all], Next: "B" }),
      B: pass({ Output: "{% {'x': $x} %}" }),
    }),
    machine({
      A: task({ Assign: { x: "{% $states.result %}" }, Catch: [{ ...all, Assign: { x: null } }], Next: "B" }),
      B: pass({ Output: "{% {'x': $x} %}" }),
    }),
  ],
  [
    "unassigned-variable",
    "a variable that one side of a choice leaves out",
    machine({
      A: { Type: "Choice", Choices: [{ Condition: "{% true %}", Assign: { x: 1 }, Next: "B" }], Default: "B" },
      B: pass({ Output: "{% {'x': $x} %}" }),
    }),
    machine({
      A: {
        Type: "Choice",
        Choices: [{ Condition: "{% true %}", Assign: { x: 1 }, Next: "B" }],
        Assign: { x: 2 },
        Default: "B",
      },
      B: pass({ Output: "{% {'x': $x} %}" }),
    }),
  ],
  [
    "misplaced-states-field",
    "a result before there is one",
    one(task({ Arguments: { FunctionName: "f", Payload: "{% {'a': $states.result} %}" }, End: true })),
    one(task({ Assign: { a: "{% $states.result %}" }, End: true })),
  ],
  [
    "misplaced-states-field",
    "an error where none was caught",
    one(task({ Assign: { a: "{% {'e': $states.errorOutput} %}" }, End: true })),
    machine({ A: task({ Catch: [{ ...all, Assign: { a: "{% $states.errorOutput %}" } }], Next: "B" }), B: pass() }),
  ],
  [
    "outer-assignment",
    "an assignment to an outer variable",
    machine({
      A: pass({ Assign: { x: 1 }, End: undefined, Next: "P" }),
      P: { Type: "Parallel", Branches: [machine({ C: pass({ Assign: { x: 2 } }) })], End: true },
    }),
    machine({
      A: pass({ Assign: { x: 1 }, End: undefined, Next: "P" }),
      P: { Type: "Parallel", Branches: [machine({ C: pass({ Assign: { y: "{% $x %}" } }) })], End: true },
    }),
  ],
  ["unreachable-state", "a state that nothing leads to", machine({ A: pass(), B: pass() }), one(pass())],
  [
    "duplicate-state",
    "a name twice, however deep",
    machine({ A: { Type: "Parallel", Branches: [machine({ A: pass() })], End: true } }),
    machine({ A: { Type: "Parallel", Branches: [machine({ B: pass() })], End: true } }),
  ],
  [
    "long-name",
    "a name of 81 characters",
    machine({ ["A".repeat(81)]: pass() }),
    machine({ ["A".repeat(80)]: pass() }),
  ],
  [
    "partial-expression",
    "a condition that compares what may not be comparable",
    machine({
      A: { Type: "Choice", Choices: [{ Condition: "{% $states.input.a > 3 %}", Next: "B" }], Default: "B" },
      B: pass(),
    }),
    machine({
      A: {
        Type: "Choice",
        Choices: [
          {
            Condition:
              "{% ($type($states.input.a) = $type(3) and $type($states.input.a) in ['number', 'string'] ? $states.input.a > 3 : false) %}",
            Next: "B",
          },
        ],
        Default: "B",
      },
      B: pass(),
    }),
  ],
  [
    "partial-expression",
    "an output that may be nothing",
    one(pass({ Output: "{% $states.input.a %}" })),
    one(pass({ Output: "{% $states.input.a != null ? $states.input.a : 0 %}" })),
  ],
  [
    "partial-expression",
    "a text function of what may be no text",
    one({ Type: "Fail", Cause: "{% $length($states.input.a) > 3 ? 'long' : 'short' %}" }),
    one({ Type: "Fail", Cause: "{% $length($string($states.input)) > 3 ? 'long' : 'short' %}" }),
  ],
  [
    "partial-expression",
    "a field looked up by what may be no name",
    one(pass({ Output: "{% {'a': $lookup($states.input, $states.input.a)} %}" })),
    one(pass({ Output: "{% {'a': $lookup($states.input, $string($states.input))} %}" })),
  ],
  ["machine-timeout", "a timeout of the machine", machine({ A: pass() }, { TimeoutSeconds: 60 }), one(pass())],
  [
    "no-timeout",
    "a task without a timeout",
    one(task({ TimeoutSeconds: undefined, End: true })),
    one(task({ End: true })),
  ],
  [
    "misplaced-states-all",
    "States.ALL before another",
    machine({ A: task({ Catch: [all, { ErrorEquals: ["X"], Next: "B" }], Next: "B" }), B: pass() }),
    machine({ A: task({ Catch: [{ ErrorEquals: ["X"], Next: "B" }, all], Next: "B" }), B: pass() }),
  ],
];

const rulesOf = (findings: readonly Finding[]) => [...new Set(findings.map(({ rule }) => rule))];

/** What is emitted for a saga, its recovery included, as JSON. */
function emitted(saga: Saga): readonly never[] {
  const arnOf = ({ name }: { name: string }) => `arn:${name}`;
  const recovery = recoveryOf(saga);
  const machines = [compile(saga, arnOf), ...(recovery ? [compileMachine(recovery.machine, arnOf)] : [])];
  return JSON.parse(JSON.stringify(machines)) as never[];
}

describe("the lints", () => {
  for (const [rule, title, bad, good] of CASES) {
    it(`find ${title} (${rule})`, () => {
      expect(rulesOf(lint(bad))).to.deep.equal([rule]);
      expect(lint(good)).to.deep.equal([]);
    });
  }

  for (const saga of [orderFulfilment, tripBooking]) {
    it(`find nothing in ${saga.name}`, () => {
      expect(emitted(saga)).to.have.length(2);
      for (const machine of emitted(saga)) {
        expect(lint(machine)).to.deep.equal([]);
        expect(validate(machine).errorsText("\n")).to.equal("");
      }
    });
  }

  it("find nothing in generated sagas of every shape", function () {
    this.timeout(240_000);
    fc.assert(
      fc.property(scenario, ({ nodes }) => {
        for (const machine of emitted(build(nodes).saga)) expect(lint(machine)).to.deep.equal([]);
      }),
      { numRuns: 150 },
    );
  });

  it("come beside asl-validator, which finds nothing either", function () {
    this.timeout(240_000);
    fc.assert(
      fc.property(scenario, ({ nodes }) => {
        for (const machine of emitted(build(nodes).saga)) expect(validate(machine).errorsText("\n")).to.equal("");
      }),
      { numRuns: 30 },
    );
  });
});
