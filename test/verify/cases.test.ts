import { expect } from "chai";
import type { Spec } from "../generated/spec";
import { argumentsOf, type Edited, edited, forEach, inPayload, parallel, query, step, tryEach } from "./edited";
import { stateOf } from "./mutations";

const RETRY = [{ ErrorEquals: ["States.ALL"], MaxAttempts: 2 }];
const TWO: readonly Spec[] = [step, step];

const CASES: readonly Edited[] = [
  {
    title: "a Retry on a Parallel: of the second round only what began is undone",
    nodes: [parallel([step, step], [step])],
    rules: ["S1", "S2"],
    says: "U2 runs while S3, which started later, is not undone",
    edit: (machine) => {
      stateOf(machine, "P1").Retry = RETRY;
    },
  },
  {
    title: "a Retry on a Map: of the second round only what began is undone",
    nodes: [forEach(step, step)],
    rules: ["S1", "S2"],
    edit: (machine) => {
      stateOf(machine, "M1").Retry = RETRY;
    },
  },
  {
    title: "a Retry on a Parallel whose branches have one step each: each round has the same effects",
    nodes: [parallel([step], [step])],
    rules: [],
    edit: (machine) => {
      stateOf(machine, "P1").Retry = RETRY;
    },
  },
  {
    title: "a Retry on a Map whose step may be refused: once it is done, it is not",
    nodes: [step, forEach({ kind: "step", definite: true })],
    rules: [],
    edit: (machine) => {
      stateOf(machine, "M2").Retry = RETRY;
    },
  },
  {
    title: "a step of an item, and one after the list, each with the undo of the other: told, and no crash",
    nodes: [forEach(forEach(step, step, step)), step, step],
    rules: ["S1"],
    edit: (_machine, calls) => {
      const { S5, S7 } = calls;
      if (S5 && S7) Object.assign(calls, { S5: { ...S5, undo: "U7" }, S7: { ...S7, undo: "U5" } });
    },
  },
  {
    title: "a Retry on the Parallel that undoes: an undo that runs again finds nothing to undo (S3)",
    nodes: [parallel([step], [step])],
    rules: [],
    edit: (machine) => {
      stateOf(machine, "Undo_P1").Retry = RETRY;
    },
  },
  {
    title: "an undo without an identity",
    nodes: TWO,
    rules: ["S11"],
    says: "U1 calls without an identity, but S1 has one",
    edit: (machine) => {
      inPayload(machine, "U1", /, 'saga': \{.*?\}/, "");
    },
  },
  {
    title: "an undo with another saga's id",
    nodes: TWO,
    rules: ["S11"],
    edit: (machine) => {
      inPayload(machine, "U1", /Execution\.Id/, "Execution.Name");
    },
  },
  {
    title: "a step and its undo by the execution's name, which is not its ARN",
    nodes: TWO,
    rules: ["S11"],
    says: "S1 calls with the identity 'S1 of $states.context.Execution.Name', which is not that of this execution",
    edit: (machine) => {
      for (const name of ["S1", "U1"]) inPayload(machine, name, /Execution\.Id/, "Execution.Name");
    },
  },
  {
    title: "a step that calls in another name at each try",
    nodes: TWO,
    rules: ["S11"],
    says: "the identity of S1 is unknown",
    edit: (machine) => {
      inPayload(machine, "S1", /'step': 'S1'/, "'step': 'S1' & $states.context.State.RetryCount");
    },
  },
  {
    title: "a step after the pivot that does not say who calls",
    nodes: [{ kind: "pivot" }, step],
    rules: ["S11"],
    says: "S2 calls without an identity, but S1 has one",
    edit: (machine) => {
      inPayload(machine, "S2", /, 'saga': \{.*?\}/, "");
    },
  },
  {
    title: "a Catch that forgets the failure",
    nodes: TWO,
    rules: ["S6"],
    edit: (machine) => {
      for (const { Assign = {} } of stateOf(machine, "S2").Catch ?? []) Assign["failure"] = null;
    },
  },
  {
    title: "an undo with an id that nobody knows",
    nodes: TWO,
    rules: ["S11"],
    says: "the identity of U1 is unknown",
    edit: (machine) => {
      inPayload(machine, "U1", /\$states\.context\.Execution\.Id/, "$S1.id");
    },
  },
  {
    title: "a Map of undos that tolerates failures",
    nodes: [forEach(step)],
    rules: ["S5"],
    says: "Undo_M1 tolerates failures of U2",
    edit: (machine) => {
      stateOf(machine, "Undo_M1")["ToleratedFailurePercentage"] = 100;
    },
  },
  {
    title: "a field that an inline Map does not have",
    nodes: [forEach(step)],
    rules: ["definition"],
    says: "Undo_M1, ToleratedFailurePercentage: an inline Map has none",
    edit: (machine) => {
      stateOf(machine, "Undo_M1")["ToleratedFailurePercentage"] = 100;
    },
  },
  {
    title: "an undo whose Catch leads to itself",
    nodes: TWO,
    rules: ["S5"],
    says: "the Catch of U1 leads to U1 when the undo fails",
    edit: (machine) => {
      stateOf(machine, "U1").Catch = [{ ErrorEquals: ["States.ALL"], Next: "U1" }];
    },
  },
  {
    title: "a step that leads to itself when it is done",
    nodes: [step, { kind: "when", holds: true, then: [step], otherwise: [step] }, step],
    rules: ["S6"],
    says: "no path from S3 completes",
    edit: (machine) => {
      stateOf(machine, "S3").Next = "S3";
    },
  },
  {
    title: "a Cause that is text",
    nodes: TWO,
    rules: ["S6"],
    edit: (machine) => {
      stateOf(machine, "SagaCompensated")["Cause"] = "{% 'failed' %}";
    },
  },
  {
    title: "a Cause that is an object without the step",
    nodes: TWO,
    rules: ["S6"],
    edit: (machine) => {
      stateOf(machine, "SagaCompensated")["Cause"] = "{% $string({'error': $failure.error}) %}";
    },
  },
  {
    title: "two steps that call in one identity",
    nodes: TWO,
    rules: ["S11"],
    says: "S2 calls with the identity 'S1', which S1 has used",
    edit: (machine) => {
      inPayload(machine, "S2", /'step': 'S2'/, "'step': 'S1'");
      inPayload(machine, "U2", /'step': 'S2'/, "'step': 'S1'");
    },
  },
  {
    title: "two branches that call in one identity",
    nodes: [parallel([step], [step])],
    rules: ["S11"],
    says: "S3 of P1 calls with the identity 'S2', and so does S2",
    edit: (machine) => {
      inPayload(machine, "S3", /'step': 'S3'/, "'step': 'S2'");
      inPayload(machine, "U3", /'step': 'S3'/, "'step': 'S2'");
    },
  },
  {
    title: "the items of a list that call in one identity",
    nodes: [forEach(step)],
    rules: ["S11"],
    says: "item 1 of M1 calls with the identity 'S2', and so does item 0",
    edit: (machine) => {
      for (const name of ["S2", "U2"]) inPayload(machine, name, /'step': \(.*?\)(?=\})/, "'step': 'S2'");
    },
  },
  {
    title: "branches that act though a step before them has failed",
    nodes: [step, parallel([step], [step])],
    rules: ["S2"],
    says: "S3 starts after an earlier step has failed, and leaves behind S1 (perhaps done)",
    edit: (machine) => {
      for (const catcher of stateOf(machine, "S1").Catch ?? []) catcher.Next = "P2";
    },
  },
  {
    title: "an undo that calls its action's own function",
    nodes: TWO,
    rules: ["definition"],
    says: "U1 calls the same function as S1",
    edit: (machine) => {
      argumentsOf(machine, "U1").FunctionName = argumentsOf(machine, "S1").FunctionName;
    },
  },
  {
    title: "an undo that calls its action's own function, and tells it what to do",
    nodes: TWO,
    rules: [],
    edit: (machine) => {
      argumentsOf(machine, "U1").FunctionName = argumentsOf(machine, "S1").FunctionName;
      inPayload(machine, "U1", /\{% \{/, "{% {'do': 'cancel', ");
    },
  },
  {
    title: "an undo that is accepted, and not awaited",
    nodes: TWO,
    rules: ["S5"],
    says: 'U1 invokes its function with the InvocationType "Event"',
    edit: (machine) => {
      argumentsOf(machine, "U1").InvocationType = "Event";
    },
  },
  {
    title: "an action that is accepted, and not awaited",
    nodes: TWO,
    rules: ["S2"],
    edit: (machine) => {
      argumentsOf(machine, "S1").InvocationType = "Event";
    },
  },
  {
    title: "a query by the execution's name, which is not its ARN",
    nodes: [step, query],
    rules: [],
    open: ["S11"],
    says: "these calls may have the identity of another execution: S2",
    edit: (machine) => {
      inPayload(machine, "S2", /Execution\.Id/, "Execution.Name");
    },
  },
  {
    title: "a first query whose Catch does not name DataLimitExceeded: it stops, and nobody can tell how",
    nodes: [query, step],
    rules: ["S7"],
    says: "no catcher of S1 names States.DataLimitExceeded, and States.ALL may not match it: the execution stops, with nothing left behind",
    edit: (machine) => {
      stateOf(machine, "S1").Catch = (stateOf(machine, "S1").Catch ?? []).slice(-1);
    },
  },
  {
    title: "a list alone in its branch, which fails for its size: what is around it undoes the same items",
    nodes: [step, parallel([forEach(step, step)])],
    rules: [],
    edit: (machine) => {
      delete stateOf(machine, "M3").Catch;
    },
  },
  {
    title: "a step of an item after the pivot that is on one side of a condition",
    nodes: [{ kind: "pivot" }, forEach({ kind: "when", holds: true, then: [step], otherwise: [] })],
    rules: [],
    edit: () => undefined,
  },
  {
    title: "a pivot for each item: one may fail after another's has succeeded",
    nodes: [step, forEach(step)],
    rules: ["S9"],
    says: "S3 is declared the pivot, but runs in a branch or for each item",
    edit: (_machine, calls) => {
      calls["S3"] = { ...(calls["S3"] as (typeof calls)[string]), role: "pivot" };
    },
  },
  {
    title: "a list that is done, and undone, in reverse",
    nodes: [step, forEach(step, step), step],
    rules: [],
    edit: (machine) => {
      for (const name of ["M2", "Undo_M2"]) {
        const map = stateOf(machine, name) as { Items?: string };
        map.Items = `{% [$reverse(${(map.Items ?? "").slice(2, -2)})] %}`;
      }
    },
  },
  {
    title: "all items of a list but the first: each is undone by which it is",
    nodes: [step, forEach(step)],
    rules: [],
    edit: (machine) => {
      const map = stateOf(machine, "M2") as { Items?: string };
      map.Items = `{% [$filter(${(map.Items ?? "").slice(2, -2)}, function($item, $at) {$at > 0})] %}`;
    },
  },
  {
    title: "a refusal that leaves its branch, and what catches it by its name",
    nodes: [step, parallel([{ kind: "step", definite: true }])],
    rules: ["S1"],
    says: "SagaCompensated ends the execution, and leaves behind S1 (done)",
    edit: (machine) => {
      stateOf(machine, "S3").Catch = (stateOf(machine, "S3").Catch ?? []).slice(1, 2);
      stateOf(machine, "P2").Catch?.unshift({
        ErrorEquals: ["Refused"],
        Assign: { failure: { saga: "Generated", step: "S3", error: "Refused", cause: "" }, P2_undo: {} },
        Next: "SagaCompensated",
      });
    },
  },
  {
    title: "a list of a value that may be none: what catches that gives up the steps before it",
    nodes: [step, forEach(step)],
    rules: ["S1"],
    says: "SagaCompensated ends the execution, and leaves behind S1 (done)",
    edit: (machine) => {
      const map = stateOf(machine, "M2") as { Items?: string };
      map.Items = "{% $states.context.Execution.Input %}";
      stateOf(machine, "M2").Catch?.unshift({
        ErrorEquals: ["States.QueryEvaluationError"],
        Assign: { failure: { saga: "Generated", step: "M2", error: "NoList", cause: "" } },
        Next: "SagaCompensated",
      });
    },
  },
  {
    title: "an undo that is retried less than its action",
    nodes: TWO,
    rules: ["S4"],
    says: "U1 is not retried more than S1, which it undoes: 2 retries in 3 s, as against 6 retries in 122 s",
    edit: (machine) => {
      stateOf(machine, "U1").Retry = RETRY;
    },
  },
  {
    title: "an undo that is retried as its action is",
    nodes: TWO,
    rules: ["S4"],
    edit: (machine) => {
      const [retrier] = stateOf(machine, "S1").Retry ?? [];
      stateOf(machine, "U1").Retry = [{ ...retrier, ErrorEquals: ["States.ALL"] }];
    },
  },
  {
    title: "an undo that is retried less on one error",
    nodes: TWO,
    rules: ["S4"],
    says: "U1 is not retried more than S1, which it undoes: 1 retry in 1 s, as against 6 retries in 122 s",
    edit: (machine) => {
      stateOf(machine, "U1").Retry?.unshift({ ErrorEquals: ["Lambda.ServiceException"], MaxAttempts: 1 });
    },
  },
  {
    title: "an undo that is retried less often than its action, for longer",
    nodes: TWO,
    rules: [],
    edit: (machine) => {
      stateOf(machine, "U1").Retry = [{ ErrorEquals: ["States.ALL"], MaxAttempts: 2, IntervalSeconds: 60 }];
    },
  },
  {
    title: "an undo that is retried more often than its action, for less long",
    nodes: TWO,
    rules: [],
    edit: (machine) => {
      stateOf(machine, "U1").Retry = [{ ErrorEquals: ["States.ALL"], MaxAttempts: 60, BackoffRate: 1 }];
    },
  },
  {
    title: "a query that falls back: it has changed nothing, and left nothing",
    nodes: [query, step],
    rules: [],
    edit: (machine) => {
      for (const catcher of stateOf(machine, "S1").Catch ?? [])
        Object.assign(catcher, { Next: "S2", Assign: { S1: null } });
    },
  },
];

describe("the verifier, on an item that stops,", () => {
  it("tells that it stops, and not that its undo looks for it in another item's place", () => {
    const { violations } = edited({
      nodes: [step, forEach(step)],
      edit: (machine) => {
        const { Catch = [] } = stateOf(machine, "S3");
        stateOf(machine, "S3").Catch = Catch.slice(1);
      },
    });
    expect(violations.map(({ rule, state }) => `${rule} ${state ?? ""}`)).to.deep.equal(["S7 S3"]);
  });
});

tryEach("the verifier, on emitted definitions with one edit,", CASES);
