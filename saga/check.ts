import { SagaDefinitionError } from "./errors";
import { checkStateName } from "./names";
import { callsOf, flatten, type Node } from "./nodes";
import { namesOf } from "./state-names";
import type { AnyTask } from "./task";

/**
 * What must hold of a node beside those before and around it.
 * @throws SagaDefinitionError `bad-name`, `reserved-name`, `duplicate-name`, `task-conflict`, `bad-branch`, `bad-concurrency`
 */
export function checkNode(saga: string, others: readonly Node[], node: Node): void {
  checkShape(saga, node);
  checkNames(saga, others, node);
  checkTasks(saga, others, node);
}

function checkShape(saga: string, node: Node): void {
  const here = { saga, step: node.name };
  if (node.kind === "Parallel") {
    if (node.branches.length === 0) {
      throw new SagaDefinitionError("bad-branch", here, "there are no branches", "Name at least one");
    }
    for (const [branch, nodes] of node.branches) {
      checkStateName(saga, branch);
      if (nodes.length === 0) {
        throw new SagaDefinitionError(
          "bad-branch",
          here,
          `the branch '${branch}' has no steps`,
          "Add one, or leave the branch out",
        );
      }
    }
  }
  if (node.kind === "When" && node.then.length === 0) {
    throw new SagaDefinitionError(
      "bad-branch",
      here,
      "there are no steps for when the test holds",
      "Add one, or turn the test round",
    );
  }
  if (node.kind === "ForEach") {
    if (node.body.length === 0) {
      throw new SagaDefinitionError("bad-branch", here, "there are no steps for an item", "Add one");
    }
    const { maxConcurrency } = node;
    // What an inline Map runs at once, whatever it is asked for.
    if (!Number.isInteger(maxConcurrency) || maxConcurrency < 1 || maxConcurrency > 40) {
      throw new SagaDefinitionError(
        "bad-concurrency",
        here,
        `maxConcurrency is ${maxConcurrency}`,
        "Use a whole number from 1 to 40",
      );
    }
  }
}

function checkNames(saga: string, others: readonly Node[], node: Node): void {
  const taken = new Set(flatten(others).flatMap(namesOf));
  for (const inner of flatten([node])) {
    for (const name of namesOf(inner)) checkName({ saga, step: inner.name }, taken, name);
  }
}

/**
 * A name that is about to be given; it is then taken.
 * @throws SagaDefinitionError `bad-name`, `reserved-name`, `duplicate-name`
 */
export function checkName(here: { saga: string; step: string }, taken: Set<string>, name: string): void {
  checkStateName(here.saga, name);
  if (taken.has(name)) {
    throw new SagaDefinitionError(
      "duplicate-name",
      here,
      `'${name}' is already the name of a step, an undo, or a state that belongs to one`,
      "Give each its own name: they become states of one machine",
    );
  }
  taken.add(name);
}

/** Functions are deployed under their task's name, so one name must mean one task. */
function checkTasks(saga: string, others: readonly Node[], node: Node): void {
  const known = new Map<string, AnyTask>(callsOf(others).map(({ task }) => [task.name, task]));
  for (const { name, task } of callsOf([node])) {
    const other = known.get(task.name);
    if (other && other !== task) {
      throw new SagaDefinitionError(
        "task-conflict",
        { saga, step: name },
        `two tasks are called '${task.name}'`,
        "Declare the task once and use that one, or give the other a name of its own",
      );
    }
    known.set(task.name, task);
  }
}
