import type { Retrier } from "../asl/types";
import { SagaDefinitionError } from "../language/errors";
import type { Node, Saga, StepNode } from "../language/nodes";

/** The maximum duration of an Express execution, in seconds. No state can catch that timeout. */
const LONGEST = 300;

/**
 * Checks that the rules hold for a saga as an Express workflow. An Express execution can't be redriven, so nothing in it
 * may get stuck (S5): it has no undo and no step after a pivot. It is ended after 5 minutes wherever it is (S7), so the saga
 * must end earlier, with each call and each retry at its longest.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
 * @throws SagaDefinitionError `not-express`
 */
export function checkExpress(saga: Saga): void {
  const longest = sequence(saga.name, saga.steps);
  if (longest <= LONGEST) return;
  throw refusal(
    { saga: saga.name },
    `its calls and their retries may take ${longest.toLocaleString("en")} s or more, and EXPRESS ends an execution after ${LONGEST} s wherever it stands`,
    "Lower timeout, retry.attempts and retry.ceiling, or set workflowType to STANDARD",
  );
}

/** The longest time that a sequence may take, in seconds. */
function sequence(saga: string, nodes: readonly Node[]): number {
  return nodes.reduce((sum, node) => sum + longestOf(saga, node), 0);
}

function longestOf(saga: string, node: Node): number {
  const here = { saga, step: node.name };
  switch (node.kind) {
    case "Step":
      checkCall(here, node);
      return node.timeoutSeconds * (1 + triesOf(node.retry)) + node.retry.reduce((sum, each) => sum + waitsOf(each), 0);
    case "Child":
      throw refusal(here, "EXPRESS can't wait for the execution of a child saga", "Include the saga instead");
    case "Wait":
      if (typeof node.until === "number") return node.until;
      throw refusal(here, "nobody knows how long it waits, and EXPRESS has 5 minutes", "Wait for a duration");
    case "When":
      return Math.max(sequence(saga, node.then), sequence(saga, node.otherwise));
    case "Parallel":
      return Math.max(...node.branches.map(([, nodes]) => sequence(saga, nodes)));
    case "ForEach":
      throw refusal(here, "nobody knows how long the list is, and EXPRESS has 5 minutes", "Go through it in a task");
  }
}

function checkCall(here: { saga: string; step: string }, { undo, role, task }: StepNode): void {
  if (role !== "query") {
    throw refusal(
      here,
      `'${undo?.name ?? here.step}' may use up its retries, and an EXPRESS execution can't be redriven: it would be stuck for good`,
      "Set workflowType to STANDARD: EXPRESS is for sagas of queries alone",
    );
  }
  const waits =
    task.kind !== "Service"
      ? task.kind === "Task" && task.callback
      : /\.(sync(:\d+)?|waitForTaskToken)$/.test(task.resource);
  if (waits) {
    throw refusal(
      here,
      `'${task.name}' waits for an answer or a job, and EXPRESS has neither task tokens nor .sync`,
      "Set workflowType to STANDARD, or ask for the result in a later query",
    );
  }
}

const triesOf = (retry: readonly Retrier[]): number => retry.reduce((sum, { MaxAttempts }) => sum + MaxAttempts, 0);

function waitsOf({ IntervalSeconds, BackoffRate, MaxAttempts, MaxDelaySeconds }: Retrier): number {
  let [sum, wait] = [0, IntervalSeconds];
  for (let attempt = 0; attempt < MaxAttempts && sum <= LONGEST; attempt++) {
    sum += Math.min(wait, MaxDelaySeconds);
    wait *= BackoffRate;
  }
  return sum;
}

const refusal = (where: { saga: string; step?: string }, what: string, hint: string): SagaDefinitionError =>
  new SagaDefinitionError("not-express", where, what, hint);
