import { type Level, type Node, transitionsOf } from "./machine";
import { topologicalOrder } from "./topological-order";
import { either, NUMBER, object, REFERENCE, repeated, type Shape, tuple } from "./shape";
import { templateShape, type Variables } from "./size";

export interface PayloadBudget {
  readonly state: string;
  /** Which of the state's values it is; an Assign is all that is assigned at once. */
  readonly part: "Arguments" | "ItemSelector" | "result" | "Assign" | "Output";
  /** Bytes of it that are the same in every execution. */
  readonly fixedBytes: number;
  /** How many references it has, each to a value of the data; one that is copied counts as often. */
  readonly references: number;
  /** Bytes left for each reference, if they share equally what is left of 256 KiB. */
  readonly bytesEach: number;
}

const PAYLOAD_LIMIT = 256 * 1024;

/** A way out of a state: what it assigns and puts out, of what has come of the state. */
interface Exit {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly states: Readonly<Record<string, Shape>>;
  readonly output: Shape;
}

/**
 * The value of a machine with the least room for data below the limit of a payload. Every value has a shape: the bytes that
 * are always the same, and references to data of a size that nobody knows, each taken to have an equal share of what is
 * left. So an object of two references has its braces and keys, and half of the rest for each.
 *
 * Each level is gone through once, in the order of its states, with the shapes of the variables so far: a variable is taken
 * at its largest, a list to have ten items, and a loop as if it were gone through once.
 */
export function payloadHeadroom(machine: Level): PayloadBudget | undefined {
  let least: PayloadBudget | undefined;

  function compare(state: string, part: PayloadBudget["part"], { size: { fixed, references } }: Shape): void {
    if (references === 0) return;
    const bytesEach = Math.max(0, Math.floor((PAYLOAD_LIMIT - fixed) / references));
    if (!least || bytesEach < least.bytesEach) least = { state, part, fixedBytes: fixed, references, bytesEach };
  }

  /** What a level puts out, of what it is given; its values are compared on the way. */
  function outputOf(level: Level, input: Shape, outer: Variables): Shape {
    const variables = new Map(outer);
    const inputs = new Map([[level.startAt, [input]]]);
    const outputs: Shape[] = [];
    for (const node of topologicalOrder(level, transitionsOf).order.toReversed()) {
      for (const exit of exitsOf(node, either(inputs.get(node.name) ?? []), variables)) {
        const output = leave(node.name, exit, variables);
        const into = typeof exit.raw["Next"] === "string" ? exit.raw["Next"] : exit.raw["Default"];
        if (typeof into !== "string") outputs.push(output);
        else if (!inputs.get(into)?.push(output)) inputs.set(into, [output]);
      }
    }
    return either(outputs);
  }

  /** What a state puts out on its way; what it assigns is added to the variables. */
  function leave(state: string, { raw, states, output }: Exit, variables: Map<string, Shape>): Shape {
    variables.set("states", object(states));
    const assigned = templateShape(raw["Assign"] ?? {}, variables);
    const left = raw["Output"] === undefined ? output : templateShape(raw["Output"], variables);
    compare(state, "Assign", assigned);
    compare(state, "Output", left);
    for (const name of Object.keys(raw["Assign"] ?? {})) {
      const before = variables.get(name);
      const value = assigned.field(name, (shape) => shape);
      variables.set(name, before ? either([before, value]) : value);
    }
    return left;
  }

  function exitsOf({ name, raw, inner }: Node, input: Shape, variables: Map<string, Shape>): readonly Exit[] {
    const before = { input, context: object(CONTEXT) };
    const value = (of: unknown, context = before.context): Shape =>
      templateShape(of, variables.set("states", object({ input, context })));
    const caught = (raw.Catch ?? []).map((catcher): Exit => ({
      raw: catcher,
      states: { ...before, errorOutput: ERROR },
      output: ERROR,
    }));
    const succeeded = (result: Shape): readonly Exit[] => {
      compare(name, "result", result);
      return [{ raw, states: { ...before, result }, output: result }, ...caught];
    };
    switch (raw.Type) {
      case "Task":
        compare(name, "Arguments", raw["Arguments"] === undefined ? input : value(raw["Arguments"]));
        return succeeded(REFERENCE);
      case "Parallel": {
        const given = raw["Arguments"] === undefined ? input : value(raw["Arguments"]);
        compare(name, "Arguments", given);
        return succeeded(tuple(inner.map((branch) => outputOf(branch, given, variables))));
      }
      case "Map": {
        const each = (raw["Items"] === undefined ? input : value(raw["Items"])).at();
        const given = raw["ItemSelector"] === undefined ? each : value(raw["ItemSelector"], contextOf(each));
        compare(name, "ItemSelector", given);
        return succeeded(either(inner.map((iteration) => repeated(outputOf(iteration, given, variables)))));
      }
      case "Fail":
        return [];
      default:
        return [...(raw.Choices ?? []), raw].map((way) => ({ raw: way, states: before, output: input }));
    }
  }

  outputOf(machine, REFERENCE, new Map());
  return least;
}

const ERROR = object({ Error: REFERENCE, Cause: REFERENCE });

/** The context object, as far as its parts are told apart. */
const CONTEXT = { Execution: REFERENCE, State: REFERENCE, StateMachine: REFERENCE, Task: REFERENCE };
/** The same as an ItemSelector sees it. */
const contextOf = (item: Shape): Shape =>
  object({ ...CONTEXT, Map: object({ Item: object({ Index: NUMBER, Value: item }) }) });
