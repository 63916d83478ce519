import { object } from "./syntax";
import type { ParallelNode } from "../language/nodes";
import { names } from "../language/state-names";
import { spellIn } from "./env";
import { assign, type Frame, type PendingAssignments, transition, undoTransition } from "./frame";
import type { NodeContext } from "./sequence";
import { branch, catchLost, decide } from "./settled";

/** Branches that run side by side and all settle. Their undos run side by side too, each from where its branch came to (S10). */
export function parallel<Arn>(frame: Frame<Arn>, node: ParallelNode, context: NodeContext): void {
  const { name, branches, forward } = node;
  const records = names.records(name);
  const compiled = branches.map(([branchName, nodes]) =>
    branch(frame, {
      owner: name,
      name: branchName,
      nodes,
      committed: forward,
      forward: frame.forward,
      undo: frame.undo,
      indexes: frame.indexes,
      record: forward ? "" : `${spellIn(frame.undo)(records)}.${branchName}`,
      // The names of variables are unique in a machine, so all branches share one set of results.
      ...(frame.historyResults !== undefined && { historyResults: frame.historyResults }),
      extra: [],
    }),
  );
  const byBranch = (value: (index: number) => string): string =>
    object(branches.map(([branchName], index) => [branchName, value(index)]));
  const Branches = compiled.map((one) => one.forward);

  if (forward) {
    const pending: PendingAssignments = [[name, byBranch((index) => `$states.result[${index}]`)]];
    frame.forwardStates.set(name, {
      Type: "Parallel",
      Branches,
      ...transition(frame, context.exit, pending.map(inPath)),
    });
    return;
  }
  frame.forwardStates.set(name, {
    Type: "Parallel",
    Branches,
    Catch: catchLost(frame, node, context),
    ...assign(frame, [
      [name, byBranch((index) => `$states.result[${index}].results`)],
      [records, byBranch((index) => `$states.result[${index}]`)],
    ]),
    Output: frame.handsOn,
    Next: names.settled(name),
  });
  decide(frame, node, context, `${spellIn(frame.forward)(records)}.*.failure`);

  const undos = compiled.flatMap(({ undo }) => (undo ? [undo] : []));
  if (undos.length > 0) {
    frame.undoStates.set(names.undo(name), {
      Type: "Parallel",
      Branches: undos,
      ...undoTransition(frame, context.rest),
    });
  }
}

/** An object that a path may follow. */
const inPath = ([variable, jsonata]: PendingAssignments[number]): PendingAssignments[number] => [
  variable,
  `(${jsonata})`,
];
