/**
 * Prints the time that an interpreter takes for executions of the order saga. Runs in its own process. Stand-ins for the
 * tasks answer at once.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { orderFulfilment } from "../../orderFulfilment";
import { compile } from "../../saga/compile";
import { loadMachine, randomUuid, realClock, seededRandom, startExecution, TaskFailure } from "../../saga/interpreter";
import { ROOT } from "../evaluation/program-folder";
import { ANSWERS, REFUSAL } from "../local/order-saga";
import { load } from "../peers";

export interface Executed {
  /** In milliseconds per execution. */
  readonly processor: number;
  readonly wall: number;
}

/** Runs an order. Returns the called states. */
type Run = (order: { readonly order_id: string; readonly address: string }) => Promise<readonly string[]>;

const answerOf = (state: string): object => (ANSWERS as Readonly<Record<string, object>>)[state] ?? ANSWERS.undo;

/** The compiled definition, in JSONata, with retries and timeouts. */
function ours(): Run {
  const definition = compile(orderFulfilment, ({ name }) => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`);
  const machine = loadMachine(JSON.parse(JSON.stringify(definition)));
  const random = seededRandom(1);
  return async (input) => {
    const called: string[] = [];
    const execution = startExecution(machine, {
      input,
      clock: realClock,
      random,
      execution: { name: randomUuid(random) },
      invoke: ({ state }) => {
        called.push(state);
        if (state === "ProcessShipment" && input.address === "") {
          return Promise.reject(new TaskFailure(REFUSAL.error, REFUSAL.cause));
        }
        return Promise.resolve({ StatusCode: 200, Payload: answerOf(state) as never });
      },
    });
    await execution.result;
    return called;
  };
}

interface LocalStepFunctions {
  readonly StateMachine: new (definition: object) => {
    run(input: object, options: object): { readonly result: Promise<unknown> };
  };
}

/** The tutorial's definition, in JSONPath, without retries and timeouts. This interpreter does not support JSONata. */
function theirs(): Run {
  // The package uses functions of a later Node.
  (Promise as { withResolvers?: unknown }).withResolvers ??= <T>() => {
    let settle: object = {};
    const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
    return { promise, ...settle };
  };
  const { StateMachine } = load("aws-local-stepfunctions", "aws-local-stepfunctions") as LocalStepFunctions;
  const text = readFileSync(join(ROOT, "test/verify/fixtures/reference.asl.json"), "utf8");
  const definition = JSON.parse(text) as { readonly States: Readonly<Record<string, object>> };
  const machine = new StateMachine(definition);
  return async (input) => {
    const called: string[] = [];
    const handler = (state: string) => () => {
      called.push(state);
      if (state === "ProcessShipment" && input.address === "") {
        return Promise.reject(Object.assign(new Error(REFUSAL.cause), { name: REFUSAL.error }));
      }
      return Promise.resolve(answerOf(state));
    };
    const taskResourceLocalHandlers = Object.fromEntries(
      Object.keys(definition.States).map((state) => [state, handler(state)]),
    );
    await machine.run(input, { overrides: { taskResourceLocalHandlers } }).result;
    return called;
  };
}

const [AT_ONCE, WARM_UP] = [50, 500];

async function measure(run: Run, fails: boolean, executions: number): Promise<Executed> {
  const calls = fails ? 6 : 3;
  const some = async (count: number): Promise<void> => {
    let left = count;
    const client = async (): Promise<void> => {
      while (left-- > 0) {
        const called = await run({ order_id: `order-${left}`, address: fails ? "" : "1 Main Street" });
        if (called.length !== calls) throw new Error(`it calls ${called.join(", ")}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, client));
  };
  await some(WARM_UP);
  const [started, before] = [performance.now(), process.cpuUsage()];
  await some(executions);
  const { user, system } = process.cpuUsage(before);
  return { processor: (user + system) / 1000 / executions, wall: (performance.now() - started) / executions };
}

const [which, outcome, executions] = process.argv.slice(2);
void measure(which === "this" ? ours() : theirs(), outcome === "fails", Number(executions)).then((executed) => {
  process.stdout.write(JSON.stringify(executed));
  process.exit();
});
