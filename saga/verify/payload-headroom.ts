import { type Level, type Node, transitionsOf } from "./machine";
import { either, NUMBER, object, REFERENCE, repeated, type Shape, tuple } from "./shape";
import { templateShape, type Variables } from "./size";
import { topologicalOrder } from "./topological-order";

/**
 * The largest payload, in bytes of UTF-8: the input and the output of a state or a task, and all variables of one Assign
 * together. A larger one fails the state with States.DataLimitExceeded.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
 */
const PAYLOAD_LIMIT = 256 * 1024;

/** A payload, and its room for data below the limit. */
export interface PayloadBudget {
  readonly state: string;
  /** The payload within the state. An Assign counts as one payload. */
  readonly part: "Arguments" | "ItemSelector" | "result" | "Assign" | "Output";
  /** The bytes that are the same in every execution, such as braces and keys. */
  readonly fixedBytes: number;
  /** The number of references to data of unknown size. A copy counts as another reference. */
  readonly references: number;
  /** The bytes for each reference, if all references share the rest of the limit equally. */
  readonly bytesEach: number;
}

/**
 * The payload of a machine with the fewest bytes for each reference; undefined if no payload has a reference.
 *
 * Nobody knows the size of real data before it arrives, and a payload that outgrows the limit fails its state. This figure
 * shows how large data may become, and which payload outgrows the limit first. For example, `{"order":…,"payment":…}` has two
 * references, and each may take half of what the braces and keys leave.
 *
 * It is a lower bound for the room, if all references have the same size: a variable has the largest value that any path
 * assigns, a list has ten items, and a state in a loop runs once.
 */
export function payloadHeadroom(machine: Level): PayloadBudget | undefined {
  const headroom = new Headroom();
  headroom.measure(machine, REFERENCE, new Map());
  return headroom.least;
}

/** A way out of a state: to the next state, by a rule of a Choice, or by a Catch. */
interface Exit {
  /** The fields of the state, of the rule or of the catcher: Assign, Output, and Next or Default. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** What its expressions can read as `$states`. */
  readonly states: Readonly<Record<string, Shape>>;
  /** The output, if the fields have no Output. */
  readonly output: Shape;
}

class Headroom {
  least: PayloadBudget | undefined;

  /**
   * Compares all payloads of a level. The states are measured once each, in the order in which they run, so the inputs of a
   * state and the variables before it are known.
   * @returns The output of the level.
   */
  measure(level: Level, input: Shape, outer: Variables): Shape {
    const variables = new Map(outer);
    const inputs = new Map([[level.startAt, [input]]]);
    const outputs: Shape[] = [];
    for (const node of topologicalOrder(level, transitionsOf).order.toReversed()) {
      for (const exit of this.exitsOf(node, either(inputs.get(node.name) ?? []), variables)) {
        const output = this.leave(node.name, exit, variables);
        const next = exit.fields["Next"] ?? exit.fields["Default"];
        if (typeof next !== "string") outputs.push(output);
        else if (!inputs.get(next)?.push(output)) inputs.set(next, [output]);
      }
    }
    return either(outputs);
  }

  private compare(state: string, part: PayloadBudget["part"], { size: { fixed, references } }: Shape): void {
    // A payload without references never grows.
    if (references === 0) return;
    const bytesEach = Math.max(0, Math.floor((PAYLOAD_LIMIT - fixed) / references));
    if (this.least && this.least.bytesEach <= bytesEach) return;
    this.least = { state, part, fixedBytes: fixed, references, bytesEach };
  }

  /** Compares the Assign and the Output of an exit, and adds what it assigns to the variables. Returns the output. */
  private leave(state: string, { fields, states, output }: Exit, variables: Map<string, Shape>): Shape {
    const { Assign = {}, Output } = fields;
    variables.set("states", object(states));
    const assigned = templateShape(Assign, variables);
    const left = Output === undefined ? output : templateShape(Output, variables);
    this.compare(state, "Assign", assigned);
    this.compare(state, "Output", left);
    for (const name of Object.keys(Assign as object)) {
      const before = variables.get(name);
      const value = assigned.field(name, (shape) => shape);
      variables.set(name, before ? either([before, value]) : value);
    }
    return left;
  }

  /** Compares the payloads of a state except those of its exits, and returns the exits. */
  private exitsOf(node: Node, input: Shape, variables: Map<string, Shape>): readonly Exit[] {
    const { raw } = node;
    const states = { input, context: CONTEXT };
    if (raw.Type === "Fail") return [];
    if (raw.Type !== "Task" && raw.Type !== "Parallel" && raw.Type !== "Map") {
      return [...(raw.Choices ?? []), raw].map((fields) => ({ fields, states, output: input }));
    }
    const result = this.resultOf(node, input, variables);
    this.compare(node.name, "result", result);
    const caught = distinct(raw.Catch ?? []).map((fields): Exit => ({
      fields,
      states: { ...states, errorOutput: ERROR },
      output: ERROR,
    }));
    return [{ fields: raw, states: { ...states, result }, output: result }, ...caught];
  }

  /** The result of a Task, a Parallel or a Map. What the state hands to its call or its branches is compared on the way. */
  private resultOf({ name, raw, inner }: Node, input: Shape, variables: Map<string, Shape>): Shape {
    const shapeOf = (field: "Arguments" | "Items" | "ItemSelector", otherwise: Shape, context = CONTEXT): Shape => {
      if (raw[field] === undefined) return otherwise;
      return templateShape(raw[field], variables.set("states", object({ input, context })));
    };
    if (raw.Type === "Map") {
      const item = shapeOf("Items", input).at();
      const given = shapeOf("ItemSelector", item, contextWith(item));
      this.compare(name, "ItemSelector", given);
      return either(inner.map((iteration) => repeated(this.measure(iteration, given, variables))));
    }
    const given = shapeOf("Arguments", input);
    this.compare(name, "Arguments", given);
    if (raw.Type === "Task") return REFERENCE;
    return tuple(inner.map((branch) => this.measure(branch, given, variables)));
  }
}

/** Catchers of different errors mostly do the same: the output of a second one is no larger. */
function distinct(catchers: readonly Exit["fields"][]): readonly Exit["fields"][] {
  const textOf = (catcher: Exit["fields"]): string => JSON.stringify({ ...catcher, ErrorEquals: undefined });
  return [...new Map(catchers.map((catcher) => [textOf(catcher), catcher])).values()];
}

/** The error output that a Catch reads. */
const ERROR = object({ Error: REFERENCE, Cause: REFERENCE });

/** The context object. Each part that an expression reads counts as one reference. */
const PARTS = { Execution: REFERENCE, State: REFERENCE, StateMachine: REFERENCE, Task: REFERENCE };
const CONTEXT = object(PARTS);
/** The context object as an ItemSelector can read it. */
const contextWith = (item: Shape): Shape =>
  object({ ...PARTS, Map: object({ Item: object({ Index: NUMBER, Value: item }) }) });
