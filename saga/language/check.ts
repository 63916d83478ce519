import { SagaDefinitionError } from "./errors";
import { checkStateName } from "./names";
import { callsOf, childrenIn, flatten, type Node, type Saga } from "./nodes";
import { namesOf } from "./state-names";
import type { AnyTask } from "./task";

/** What the nodes so far have taken, those of the sequences around them too. */
export interface Taken {
  /** Of states and variables. */
  readonly names: ReadonlySet<string>;
  /** By their own names. */
  readonly tasks: ReadonlyMap<string, AnyTask>;
  /** Child sagas, by their own names. */
  readonly sagas: ReadonlyMap<string, Saga>;
}

/**
 * What must hold of a node beside those before and around it.
 * @returns what is taken with it
 * @throws SagaDefinitionError `bad-name`, `reserved-name`, `duplicate-name`, `task-conflict`, `bad-branch`, `bad-concurrency`
 */
export function takeNode(saga: string, taken: Taken, node: Node): Taken {
  checkShape(saga, node);
  return {
    names: takeNames(saga, taken.names, node),
    tasks: takeTasks(saga, taken.tasks, node),
    sagas: takeSagas(saga, taken.sagas, node),
  };
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

function takeNames(saga: string, before: ReadonlySet<string>, node: Node): ReadonlySet<string> {
  const taken = new Set(before);
  for (const inner of flatten([node])) {
    const given = namesOf(inner);
    checkFree({ saga, step: inner.name }, taken, given);
    for (const name of given) taken.add(name);
  }
  return taken;
}

/**
 * Names that are about to be given.
 * @throws SagaDefinitionError `bad-name`, `reserved-name`, `duplicate-name`
 */
export function checkFree(
  here: { saga: string; step: string },
  taken: ReadonlySet<string>,
  names: readonly string[],
): void {
  names.forEach((name, at) => {
    checkStateName(here.saga, name);
    if (!taken.has(name) && names.indexOf(name) === at) return;
    throw new SagaDefinitionError(
      "duplicate-name",
      here,
      `'${name}' is already the name of a step, an undo, or a state that belongs to one`,
      "Give each its own name: they become states of one machine",
    );
  });
}

/** Functions are deployed under their task's name, so one name must mean one task. */
function takeTasks(saga: string, before: ReadonlyMap<string, AnyTask>, node: Node): ReadonlyMap<string, AnyTask> {
  const taken = new Map(before);
  for (const { name, task } of callsOf([node])) {
    const other = taken.get(task.name);
    if (other && other !== task) {
      throw new SagaDefinitionError(
        "task-conflict",
        { saga, step: name },
        `two tasks are called '${task.name}'`,
        "Declare the task once and use that one, or give the other a name of its own",
      );
    }
    taken.set(task.name, task);
  }
  return taken;
}

/** Machines are deployed under their saga's name, so one name must mean one saga, and not the one that is being built. */
function takeSagas(saga: string, before: ReadonlyMap<string, Saga>, node: Node): ReadonlyMap<string, Saga> {
  const taken = new Map(before);
  for (const { step, child } of childrenIn([node])) {
    const other = taken.get(child.name);
    if (child.name === saga || (other && other !== child)) {
      throw new SagaDefinitionError(
        "duplicate-name",
        { saga, step },
        `two sagas are called '${child.name}'`,
        "Give each its own name: they become machines of one deployment",
      );
    }
    taken.set(child.name, child);
  }
  return taken;
}
