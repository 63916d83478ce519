import { type Mapping, substitute, substituteIn } from "./mapping";
import { flatten, type Node, type Saga, type StepNode } from "./nodes";

/** The nodes and the output of another saga as a part of this one: renamed, with an input from this one's scope. */
export function include(prefix: string, saga: Saga, input: Mapping): { nodes: readonly Node[]; output: Mapping } {
  const rename = (name: string): string => `${prefix}_${name}`;
  const inside = new Set(flatten(saga.steps).map(({ name }) => name));

  const map = (mapping: Mapping): Mapping =>
    substitute(mapping, ({ root, maybe }) => {
      if (root === "input") return input;
      // The references to an item are named after its forEach.
      const owner = root.split(".")[0] as string;
      return inside.has(owner) ? { kind: "Reference", root: rename(root), path: [], maybe } : undefined;
    });

  const step = (node: StepNode): StepNode => {
    const { undo } = node;
    return {
      ...node,
      name: rename(node.name),
      input: map(node.input),
      ...(undo && { undo: { ...undo, name: rename(undo.name), input: map(undo.input) } }),
    };
  };

  const each = (node: Node): Node => {
    const name = rename(node.name);
    switch (node.kind) {
      case "Step":
        return step(node);
      case "Child":
        return { ...node, name, input: map(node.input) };
      case "Wait":
        return { ...node, name, until: typeof node.until === "number" ? node.until : map(node.until) };
      case "When":
        return {
          ...node,
          name,
          condition: substituteIn(node.condition, map),
          then: node.then.map(each),
          otherwise: node.otherwise.map(each),
        };
      case "Parallel":
        return { ...node, name, branches: node.branches.map(([branch, nodes]) => [branch, nodes.map(each)] as const) };
      case "ForEach":
        return { ...node, name, items: map(node.items), body: node.body.map(each) };
    }
  };

  return { nodes: saga.steps.map(each), output: map(saga.output) };
}
