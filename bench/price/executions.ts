import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { orderFulfilment, type OrderRequest } from "../../orderFulfilment";
import { memoryTable, runSaga } from "../../saga/testing";
import { watchingWrites } from "../../saga/testing/memory-table";
import { cdkFolder, synthesise } from "../evaluation/cdk-folder";
import { ROOT } from "../evaluation/program-folder";

/** The billed actions of an execution. */
export interface Execution {
  /** Standard workflows are billed by entered states. */
  readonly transitions: number;
  readonly calls: number;
  /** Writes of at most 1 KB. A write whose condition fails and a delete of nothing count too. */
  readonly writes: number;
}

/** The costs of the reference's four orders: one completes, and one fails at each step. */
export interface Definition {
  readonly name: string;
  /** The memory of each function, in GB. */
  readonly memory: number;
  readonly architecture: "arm64" | "x86_64";
  run(order: Order): Promise<Execution> | Execution;
}

export interface Order {
  readonly input: OrderRequest;
  /** The called states, including the failing one. */
  readonly path: readonly string[];
  readonly outcome: "completed" | "compensated";
}

export const ORDERS = JSON.parse(readFileSync(join(ROOT, "examples/orders.json"), "utf8")) as readonly Order[];

/** Runs the compiled definition on the interpreter, with the program's functions and a table that counts writes. */
export const ours = (memory: number): Definition => ({
  name: "this",
  memory,
  architecture: "arm64",
  async run({ input, path, outcome }) {
    const table = memoryTable();
    let writes = 0;
    const run = await watchingWrites(
      [table],
      (when) => {
        if (when === "before") writes++;
      },
      () => runSaga(orderFulfilment, { input, table }),
    );
    const calls = run.calls.length;
    if (run.outcome !== outcome || calls !== path.length) throw new Error(`${JSON.stringify(input)}: ${run.outcome}`);
    // The path does not contain the Fail state that ends a compensated execution.
    return { transitions: run.path.length + (outcome === "completed" ? 0 : 1), calls, writes };
  },
});

interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Catch?: readonly { readonly Next: string }[];
}

interface Machine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** A definition whose actions put one item each, and whose undos delete it. A failing action puts none. */
const plain = (
  name: string,
  { memory, architecture, machine }: Omit<Definition, "name" | "run"> & { machine: Machine },
) => ({
  name,
  memory,
  architecture,
  run({ path, outcome }: Order): Execution {
    const entered = statesEntered(machine, outcome === "completed" ? undefined : failedIn(path));
    const calls = entered.filter((state) => machine.States[state]?.Type === "Task");
    if (calls.join() !== path.join()) throw new Error(`${name} calls ${calls.join(", ")}, not ${path.join(", ")}`);
    return {
      transitions: entered.length,
      calls: calls.length,
      writes: calls.length - (outcome === "completed" ? 0 : 1),
    };
  },
});

/** The step that fails. */
function failedIn(path: readonly string[]): string {
  const actions = ["CreateOrder", "ProcessPayment", "ProcessShipment"];
  return path.filter((state) => actions.includes(state)).at(-1) as string;
}

/** The states that an execution enters if one task fails, or none. */
function statesEntered({ StartAt, States }: Machine, failing: string | undefined): readonly string[] {
  const entered: string[] = [];
  for (let at: string | undefined = StartAt; at !== undefined;) {
    const state: State | undefined = States[at];
    if (!state || !["Task", "Succeed", "Fail"].includes(state.Type))
      throw new Error(`the state ${at} is not followed here`);
    entered.push(at);
    at = at === failing ? state.Catch?.at(-1)?.Next : state.Next;
  }
  return entered;
}

/** The definition of the tutorial that this project supersedes. Its functions have the framework's 1,024 MB. */
export const reference = (): Definition =>
  plain("reference", {
    memory: 1,
    architecture: "x86_64",
    machine: JSON.parse(readFileSync(join(ROOT, "test/verify/fixtures/reference.asl.json"), "utf8")) as Machine,
  });

/** The definition of the CDK program that is evaluated. Its functions have Lambda's 128 MB. */
export function cdks(): Definition {
  const folder = cdkFolder();
  try {
    const { Resources } = synthesise(folder);
    const [found] = Object.values(Resources).filter(({ Type }) => Type === "AWS::StepFunctions::StateMachine");
    const joined = found?.Properties?.["DefinitionString"] as { "Fn::Join": [string, unknown[]] };
    const text = joined["Fn::Join"][1].map((part) => (typeof part === "string" ? part : "arn")).join("");
    return plain("CDK", { memory: 128 / 1024, architecture: "arm64", machine: JSON.parse(text) as Machine });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
