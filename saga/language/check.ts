import { SagaDefinitionError } from "./errors";
import { checkStateName } from "./names";
import { callsOf, childrenIn, flatten, type Node, type Saga } from "./nodes";
import { namesOf } from "./state-names";
import type { AnyTask } from "./task";

/** The names that the nodes so far use, including those of the sequences around them. */
export interface UsedNames {
  /** Of states and variables. */
  readonly names: ReadonlySet<string>;
  /** By their own names. */
  readonly tasks: ReadonlyMap<string, AnyTask>;
  /** Child sagas, by their own names. */
  readonly sagas: ReadonlyMap<string, Saga>;
}

/**
 * Checks a node against those before and around it.
 * @returns the names in use once the node is added
 * @throws SagaDefinitionError `bad-name`, `reserved-name`, `duplicate-name`, `task-conflict`, `bad-branch`, `bad-concurrency`
 */
export function useNode(saga: string, used: UsedNames, node: Node): UsedNames {
  checkShape(saga, node);
  return {
    names: useNames(saga, used.names, node),
    tasks: useTasks(saga, used.tasks, node),
    sagas: useSagas(saga, used.sagas, node),
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
    // The most that an inline Map runs at once.
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

function useNames(saga: string, before: ReadonlySet<string>, node: Node): ReadonlySet<string> {
  const used = new Set(before);
  for (const inner of flatten([node])) {
    const given = namesOf(inner);
    checkFree({ saga, step: inner.name }, used, given);
    for (const name of given) used.add(name);
  }
  return used;
}

/**
 * Names that are about to be given.
 * @throws SagaDefinitionError `bad-name`, `reserved-name`, `duplicate-name`
 */
export function checkFree(
  here: { saga: string; step: string },
  used: ReadonlySet<string>,
  names: readonly string[],
): void {
  names.forEach((name, at) => {
    checkStateName(here.saga, name);
    if (!used.has(name) && names.indexOf(name) === at) return;
    throw new SagaDefinitionError(
      "duplicate-name",
      here,
      `'${name}' is already the name of a step, an undo, or a state that belongs to one`,
      "Give each its own name: they become states of one machine",
    );
  });
}

/** A function is deployed under its task's name, so a name must belong to one task. */
function useTasks(saga: string, before: ReadonlyMap<string, AnyTask>, node: Node): ReadonlyMap<string, AnyTask> {
  const used = new Map(before);
  for (const { name, task } of callsOf([node])) {
    const other = used.get(task.name);
    if (other && other !== task) {
      throw new SagaDefinitionError(
        "task-conflict",
        { saga, step: name },
        `two tasks are called '${task.name}'`,
        "Declare the task once and use that one, or give the other a name of its own",
      );
    }
    used.set(task.name, task);
  }
  return used;
}

/** A machine is deployed under its saga's name, so a name must belong to one saga, and not to the one under construction. */
function useSagas(saga: string, before: ReadonlyMap<string, Saga>, node: Node): ReadonlyMap<string, Saga> {
  const used = new Map(before);
  for (const { step, child } of childrenIn([node])) {
    const other = used.get(child.name);
    if (child.name === saga || (other && other !== child)) {
      throw new SagaDefinitionError(
        "duplicate-name",
        { saga, step },
        `two sagas are called '${child.name}'`,
        "Give each its own name: they become machines of one deployment",
      );
    }
    used.set(child.name, child);
  }
  return used;
}
