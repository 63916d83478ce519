import { type Json, TaskFailure } from "../interpreter";
import type { AnyTask } from "../language/task";
import { withEnvironment } from "./environment";
import { keepingLogs } from "./logs";
import type { StandIn } from "./stand-in";

type Handler = (event: never) => unknown;

/** Runs tasks in this process. Each handler is built once, as at a cold start, with the variables of its function. */
export class Tasks {
  /** Each line that a handler has written to standard output. */
  readonly logs: string[] = [];
  private readonly warm = new Map<string, Promise<Handler>>();

  constructor(
    private readonly standIns: ReadonlyMap<string, StandIn>,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  hasStandIn({ name }: AnyTask): boolean {
    return this.standIns.has(name);
  }

  /** @throws TaskFailure with the name of the handler's error, as Step Functions reports it */
  async run(task: AnyTask, event: Json): Promise<Json> {
    // Outside of the try: a task without a handler is a mistake of the test, not a failure of the task.
    const standIn = this.standIns.get(task.name);
    const handler = standIn ? standIn.run : await this.handlerOf(task);
    try {
      const call = () => withEnvironment(this.environment, () => handler(structuredClone(event) as never));
      const answer = await (standIn ? call() : keepingLogs(this.logs, call));
      return answer === undefined ? null : (JSON.parse(JSON.stringify(answer)) as Json);
    } catch (error) {
      throw error instanceof TaskFailure ? error : failureOf(error);
    }
  }

  private handlerOf(task: AnyTask): Promise<Handler> {
    const known = this.warm.get(task.name);
    if (known) return known;
    if (!("handler" in task)) {
      throw new Error(
        `the task '${task.name}' has no handler that can run here: add a stand-in, standIn(${task.name}, (event) => …)`,
      );
    }
    const { environment = {} } = task as { readonly environment?: Readonly<Record<string, unknown>> };
    // An Output has no value before the program is deployed: the test sets its variable, if the handler needs it.
    const plain = Object.entries(environment).filter(([, value]) => typeof value === "string") as [string, string][];
    const cold = withEnvironment({ ...Object.fromEntries(plain), ...this.environment }, () => task.handler());
    this.warm.set(task.name, cold);
    return cold;
  }
}

function failureOf(thrown: unknown): TaskFailure {
  const { name, message, stack } =
    thrown instanceof Error ? thrown : { name: typeof thrown, message: String(thrown), stack: "" };
  const trace = (stack ?? "").split("\n");
  return new TaskFailure(name, JSON.stringify({ errorType: name, errorMessage: message, trace }));
}
