import { eq, type Saga, saga, seconds } from "../../saga/language";
import { stub } from "../language/tasks";
import type { Spec } from "./spec";

/** An action of the saga, with its place. Actions in different branches or items run in parallel. */
export interface Action {
  readonly name: string;
  readonly kind: "step" | "pivot" | "query" | "retriable";
  readonly definite: boolean;
  readonly undo: boolean;
}

export interface Built {
  readonly saga: Saga;
  readonly input: Record<string, unknown>;
  readonly actions: ReadonlyMap<string, Action>;
  /** The calls of a completed execution: their identities and places. */
  readonly expected: ReadonlyMap<string, Position>;
  /** The calls that an execution may make. */
  readonly possible: ReadonlyMap<string, Position>;
}

/** The place of a node. A number is a position in a sequence, and a string is a branch or an item. */
export type Position = readonly (number | string)[];

/** Whether one always comes before the other. Undefined if they run in parallel or never both run. */
export function isBefore(left: Position, right: Position): boolean | undefined {
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const [a, b] = [left[at], right[at]];
    if (a === b) continue;
    return typeof a === "number" && typeof b === "number" ? a < b : undefined;
  }
  return undefined;
}

/** Builds the saga with the public builder, without types, since its shape is known only at run time. */
export function build(nodes: readonly Spec[]): Built {
  const actions = new Map<string, Action>();
  const expected = new Map<string, Position>();
  const possible = new Map<string, Position>();
  const input: Record<string, unknown> = {};
  let count = 0;

  function note(name: string, indexes: readonly (readonly number[])[], position: Position, taken: boolean): void {
    for (const each of indexes) {
      const identity = name + each.map((index) => `[${index}]`).join("");
      // In a position, the item is at the place of its forEach.
      let item = 0;
      const at = position.map((part) => (part === "item" ? `item${each[item++]}` : part));
      possible.set(identity, at);
      if (taken) expected.set(identity, at);
    }
  }

  interface Around {
    readonly committed: boolean;
    readonly previous: string | undefined;
    readonly indexes: readonly (readonly number[])[];
    readonly position: Position;
    readonly taken: boolean;
  }

  function add(builder: any, spec: Spec, around: Around): { builder: any; previous: string | undefined } {
    const id = ++count;
    const { committed, previous, indexes, position, taken } = around;
    const inside = (branch: string): Around => ({ ...around, position: [...position, branch] });
    const map = (scope: any) => ({ order: scope.input.order, ...(previous && { previous: scope[previous].token }) });
    const call = (role: Action["kind"], undo: boolean, definite: boolean) => {
      const name = `S${id}`;
      actions.set(name, { name, kind: role, definite, undo });
      note(name, indexes, position, taken);
      return {
        task: stub(`do${id}`),
        input: map,
        timeout: seconds(30),
        ...(definite && { definite: ["Refused"] }),
        ...(undo && {
          undo: {
            name: `U${id}`,
            task: stub(`undo${id}`),
            input: (scope: any) => ({ ...map(scope), own: scope[name].token }),
          },
        }),
      };
    };
    switch (spec.kind) {
      case "step":
        if (committed) return { builder: builder.step(`S${id}`, call("retriable", false, false)), previous: `S${id}` };
        return { builder: builder.step(`S${id}`, call("step", true, spec.definite)), previous: `S${id}` };
      case "query":
        return { builder: builder.query(`S${id}`, call("query", false, false)), previous: `S${id}` };
      case "pivot":
        return { builder: builder.pivot(`S${id}`, call("pivot", true, true)), previous: `S${id}` };
      case "wait":
        return { builder: builder.wait(`W${id}`, seconds(60)), previous };
      case "when": {
        input[`f${id}`] = spec.holds;
        const side = (branch: any, specs: readonly Spec[], which: string, holds: boolean) =>
          sequence(branch, specs, { ...inside(which), taken: taken && holds });
        return {
          builder: builder.when(
            `C${id}`,
            (scope: any) => eq(scope.input[`f${id}`], true),
            (branch: any) => side(branch, spec.then, "then", spec.holds),
            (branch: any) => side(branch, spec.otherwise, "otherwise", !spec.holds),
          ),
          previous,
        };
      }
      case "parallel": {
        const branches = spec.branches.map((specs, index) => [
          `b${index}`,
          (branch: any) => sequence(branch, specs, inside(`b${index}`)),
        ]);
        return { builder: builder.parallel(`P${id}`, Object.fromEntries(branches)), previous };
      }
      case "forEach": {
        const items = Array.from({ length: spec.items }, (_, index) => ({ item: `${id}/${index}` }));
        input[`l${id}`] = items;
        const each = indexes.flatMap((outer) => items.map((_, index) => [...outer, index]));
        return {
          builder: builder.forEach(
            `M${id}`,
            (scope: any) => scope.input[`l${id}`],
            (branch: any) => sequence(branch, spec.body, { ...inside("item"), indexes: each }),
          ),
          previous,
        };
      }
    }
  }

  function sequence(begin: any, specs: readonly Spec[], around: Around): any {
    let { committed, previous } = around;
    return specs.reduce<any>((builder, spec, index) => {
      const added = add(builder, spec, { ...around, committed, previous, position: [...around.position, index] });
      previous = added.previous;
      committed ||= spec.kind === "pivot";
      return added.builder;
    }, begin);
  }

  input["order"] = "1";
  const builder = sequence(saga<any>("Generated"), nodes, {
    committed: false,
    previous: undefined,
    indexes: [[]],
    position: [],
    taken: true,
  });
  return {
    saga: builder.returns(({ input: from }: any) => ({ order: from.order })),
    input,
    actions,
    expected,
    possible,
  };
}
