import type { Spec } from "../generated/spec";
import { type Edited, forEach, parallel, query, step, tryEach } from "./edited";
import { type MutableLevel, type MutableState, stateOf } from "./mutations";

const pivot: Spec = { kind: "pivot" };
const when = (...then: readonly Spec[]): Spec => ({ kind: "when", holds: true, then, otherwise: [] });
const RETRY = [{ ErrorEquals: ["States.ALL"], MaxAttempts: 2 }];

/** The last catcher of a state, which takes any error. */
function lastCatch(machine: MutableLevel, name: string): NonNullable<MutableState["Catch"]>[number] {
  const found = stateOf(machine, name).Catch?.at(-1);
  if (!found) throw new Error(`${name} has no Catch`);
  return found;
}

/** Changes the expression that a state's Default assigns to the failure. */
function failureOf(machine: MutableLevel, name: string, what: RegExp, by: string): void {
  const assigns = stateOf(machine, name)["Assign"] as { failure: string };
  const before = assigns.failure;
  assigns.failure = before.replace(what, by);
  if (assigns.failure === before) throw new Error(`${name} has no ${String(what)}: ${before}`);
}

/** What a compensated execution tells (S6). */
const CAUSES: readonly Edited[] = [
  {
    title: "a failure that is null on one way",
    nodes: [step, step],
    rules: ["S6"],
    says: "does not say which step failed, and how: what it reads is no failure on this path",
    edit: (machine) => {
      lastCatch(machine, "S2").Assign = { failure: null, S2: null };
    },
  },
  {
    title: "a failure without its error",
    nodes: [step],
    rules: ["S6"],
    edit: (machine) => {
      lastCatch(machine, "S1").Assign = { failure: { saga: "Generated", step: "S1" }, S1: null };
    },
  },
  {
    title: "that a step's result is a failure",
    nodes: [step, query],
    rules: [],
    open: ["S6"],
    says: "the Cause of these is unknown: SagaCompensated",
    edit: (machine) => {
      lastCatch(machine, "S2").Assign = { failure: "{% $S1 %}" };
    },
  },
  {
    title: "a failure under the name of another step",
    nodes: [step, step],
    rules: ["S6"],
    says: "S2's Catch records a failure of S1, but S2 has failed: the Cause would name the wrong step",
    edit: (machine) => {
      for (const { Assign } of stateOf(machine, "S2").Catch ?? []) {
        const assigns = Assign as { failure: string };
        assigns.failure = assigns.failure.replace("'S2'", "'S1'");
      }
    },
  },
  {
    title: "a failure under a name that is no state's",
    nodes: [step, step],
    rules: [],
    edit: (machine) => {
      for (const { Assign } of stateOf(machine, "S2").Catch ?? []) {
        const assigns = Assign as { failure: string };
        assigns.failure = assigns.failure.replace("'S2'", "'the second step'");
      }
    },
  },
  {
    title: "the result of an undo in the place of the failure",
    nodes: [step, step],
    rules: ["S6"],
    says: "does not say which step failed, and how: what it reads is no failure on this path",
    edit: (machine) => {
      stateOf(machine, "U2")["Assign"] = { failure: "{% $states.result.Payload %}" };
    },
  },
  {
    title: "a Cause that is prose",
    nodes: [step],
    rules: ["S6"],
    says: "the Cause of a compensated execution does not say which step failed, and how",
    edit: (machine) => {
      stateOf(machine, "SagaCompensated")["Cause"] = "{% 'failed: ' & $failure.step %}";
    },
  },
  {
    title: "a Cause that may be JSON",
    nodes: [step],
    rules: [],
    open: ["S6"],
    edit: (machine) => {
      stateOf(machine, "SagaCompensated")["Cause"] = "{% '{\"step\":\"' & $failure.step & '\"}' %}";
    },
  },
  {
    title: "results in the place of failures",
    nodes: [forEach(step)],
    rules: ["S6"],
    edit: (machine) => {
      failureOf(machine, "M1_settled", /\.failure/, ".results");
    },
  },
  {
    title: "the failure looked for in one branch alone",
    nodes: [parallel([step], [step])],
    rules: ["S6"],
    edit: (machine) => {
      failureOf(machine, "P1_settled", /P1_undo\.\*/, "P1_undo.b0");
    },
  },
  {
    title: "a saga that is undone though nothing has failed",
    nodes: [forEach(parallel([step], [step]))],
    rules: ["S6"],
    edit: (machine) => {
      const [rule] = stateOf(machine, "P2_settled").Choices ?? [];
      if (rule) rule.Condition = "{% false %}";
    },
  },
  {
    title: "a failure that is looked for among all branches and items, by whichever way",
    nodes: [parallel([query, step], [forEach(query, step)]), step],
    rules: [],
    edit: (machine) => {
      failureOf(machine, "P1_settled", /\$P1_undo\.\*\.failure/, "[$P1_undo.b0, $P1_undo.b1].failure");
    },
  },
];

/** Every run ends. */
const ENDS: readonly Edited[] = [
  {
    title: "one side of a condition that leads back to it for ever",
    nodes: [when(step)],
    rules: ["S6"],
    says: "no path from S2 completes without a failure",
    edit: (machine) => {
      const state = stateOf(machine, "S2");
      delete state.End;
      state.Next = "C1";
    },
  },
  {
    title: "an undo of a list that follows itself",
    nodes: [forEach(step)],
    rules: ["S6"],
    says: "from Undo_M1 on the execution loops for ever",
    edit: (machine) => {
      stateOf(machine, "Undo_M1").Next = "Undo_M1";
    },
  },
  {
    title: "a step after the pivot, in a branch, that its Catch tries again",
    nodes: [step, pivot, parallel([step], [step])],
    rules: [],
    edit: (machine) => {
      stateOf(machine, "S4").Catch = [{ ErrorEquals: ["States.ALL"], Next: "S4" }];
    },
  },
  {
    title: "a step that is tried again through the condition around it",
    nodes: [when(step), step],
    rules: [],
    edit: (machine) => {
      lastCatch(machine, "S2").Next = "C1";
    },
  },
  {
    title: "the same of an item, whose condition is of the execution's input",
    nodes: [forEach(when(step)), step],
    rules: [],
    edit: (machine) => {
      const catcher = lastCatch(machine, "S3");
      catcher.Next = "C2";
      catcher.Output = "{% $states.input %}";
    },
  },
  {
    title: "a Retry around items that ask for the execution's input: they go the same way again",
    nodes: [forEach(when(step)), step],
    rules: [],
    edit: (machine) => {
      stateOf(machine, "M1").Retry = RETRY;
    },
  },
  {
    title: "an undo that goes over all items of the list, since what it reads is none",
    nodes: [forEach(step, query)],
    rules: [],
    edit: (machine) => {
      const undo = stateOf(machine, "Undo_M1");
      undo["Items"] = String(undo["Items"]).replace("'records': $M1_undo", "'records': $failure");
    },
  },
];

/** Nothing fails that a redrive does not mend; and what passes is tried again. */
const FAULTS: readonly Edited[] = [
  {
    title: "undos of a list that hand on what they were answered",
    nodes: [forEach(step)],
    rules: ["S7"],
    says: "the results of the undos in Undo_M1 may be too large together",
    edit: (machine) => {
      delete stateOf(machine, "U2")["Output"];
    },
  },
  {
    title: "an object with one key twice, though a Catch takes its error",
    nodes: [parallel([step], [step])],
    rules: ["S7"],
    says: "S2, Output: It always fails: the key 'undo' occurs twice in one object",
    edit: (machine) => {
      stateOf(machine, "S2")["Output"] = "{% {'undo': 'U2', 'undo': 'U2'} %}";
    },
  },
  {
    title: "a query that is not retried on a transient fault",
    nodes: [step, query],
    rules: ["S4"],
    says: "S2 is not retried on a transient fault: Lambda.ClientExecutionTimeoutException",
    edit: (machine) => {
      delete stateOf(machine, "S2").Retry;
    },
  },
  {
    title: "that a branch goes on without its query",
    nodes: [parallel([query], [step])],
    rules: [],
    open: ["S4"],
    says: "these queries may not be retried on a transient fault: S2",
    edit: (machine) => {
      delete stateOf(machine, "S2").Retry;
    },
  },
  {
    title: "a query that falls back, and is not tried again",
    nodes: [query, step],
    rules: [],
    edit: (machine) => {
      delete stateOf(machine, "S1").Retry;
      for (const catcher of stateOf(machine, "S1").Catch ?? [])
        Object.assign(catcher, { Next: "S2", Assign: { S1: null } });
    },
  },
];

tryEach("the verifier, on what a compensated execution tells,", CAUSES);
tryEach("the verifier, on ways that come back,", ENDS);
tryEach("the verifier, on faults that last, and faults that pass,", FAULTS);
