import type { Node } from "./nodes";

/** The states and variables that the compiler adds, named after the node that they belong to. */
export const names = {
  /** The Choice after a Parallel or a Map: are all of its branches or items done? */
  settled: (node: string): string => `${node}_settled`,
  /** The state in which a failed branch or item ends. */
  end: (node: string, branch: string): string => `${node}_${branch}_end`,
  /** The state in which the undo of a Parallel, a Map or a condition begins. */
  undo: (node: string): string => `Undo_${node}`,
  /** The state in which the undo of a condition's second side begins, if both sides have undos. */
  undoOtherwise: (node: string): string => `Undo_${node}_otherwise`,
  /** The Choice with which the undo of a branch or an item begins. */
  undoBranch: (node: string, branch: string): string => `Undo_${node}_${branch}`,
  /** The state in which the undo of a branch or an item ends. */
  undone: (node: string, branch: string): string => `Undo_${node}_${branch}_end`,
  /** The variable with the records of the branches or items. */
  records: (node: string): string => `${node}_undo`,
  /** The variable with the side that a condition took. */
  taken: (node: string): string => `${node}_taken`,
};

/** An iteration is the one branch that a Map has. */
export const ITEM = "item";

/** Every name that a node may give to a state or a variable, without the names of the nodes within it. */
export function namesOf(node: Node): readonly string[] {
  const { name } = node;
  switch (node.kind) {
    case "Step":
      return node.undo ? [name, node.undo.name] : [name];
    case "Child":
      return [name, names.undo(name), names.records(name)];
    case "Wait":
      return [name];
    case "When":
      return [name, names.undo(name), names.undoOtherwise(name), names.taken(name)];
    case "Parallel":
      return [...settling(name), ...node.branches.flatMap(([branch]) => branchNames(name, branch))];
    case "ForEach":
      return [...settling(name), ...branchNames(name, ITEM)];
  }
}

const settling = (name: string): readonly string[] => [
  name,
  names.settled(name),
  names.undo(name),
  names.records(name),
];
const branchNames = (name: string, branch: string): readonly string[] => [
  names.end(name, branch),
  names.undoBranch(name, branch),
  names.undone(name, branch),
];
