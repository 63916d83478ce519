import { isDeepStrictEqual } from "node:util";
import type { Resource } from "../program";
import { FUNCTION, machinesOf, ofType, TABLE, taskOf } from "../resources";
import type { PlainProgram } from "./plain";

/** What a release has otherwise than the one before it, by names. */
export interface Changes {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** The changes between two programs: of the first of all, all is new. */
export function changesBetween(before: PlainProgram | undefined, after: PlainProgram): Changes {
  const there = byIdentity(before?.resources ?? []);
  const now = byIdentity(after.resources);
  const added = after.resources.filter((each) => !there.has(identityOf(each)));
  const removed = (before?.resources ?? []).filter((each) => !now.has(identityOf(each)));
  const changed = after.resources.filter((each) => {
    const former = there.get(identityOf(each));
    // The number of a version follows from what is in it, and in whom it calls.
    return former !== undefined && !isDeepStrictEqual(former, each);
  });
  return { added: namesOf(added), changed: namesOf(changed), removed: namesOf(removed) };
}

export const isChange = ({ added, changed, removed }: Changes): boolean =>
  added.length + changed.length + removed.length > 0;

const identityOf = ({ type, name }: Resource): string => `${type}\0${name}`;

const byIdentity = (resources: readonly Resource[]): ReadonlyMap<string, Resource> =>
  new Map(resources.map((each) => [identityOf(each), each]));

/** Functions by their tasks, machines and tables by their names; of all others, how many. */
function namesOf(resources: readonly Resource[]): readonly string[] {
  const program = { resources };
  const [functions, machines, tables] = [ofType(program, FUNCTION), machinesOf(program), ofType(program, TABLE)];
  const named = new Set<Resource>([...functions, ...machines, ...tables]);
  const others = resources.filter((each) => !named.has(each) && each.physicalName !== undefined).length;
  return [
    ...functions.map(taskOf),
    ...machines.map(({ name }) => name),
    ...tables.map(({ name }) => `the table ${name}`),
    ...(others > 0 ? [`${others} ${named.size > 0 ? "more" : others === 1 ? "resource" : "resources"}`] : []),
  ];
}

/** A release in one line: what is new, changed and gone, and how long it took. */
export function lineOf({ changes, seconds }: { readonly changes: Changes; readonly seconds: number }): string {
  const { added, changed, removed } = changes;
  const parts = [
    ["new", added],
    ["changed", changed],
    ["gone", removed],
  ] as const;
  const told = parts.flatMap(([word, names]) => (names.length > 0 ? [`${word}: ${listed(names)}`] : []));
  return `${told.length > 0 ? told.join("; ") : "nothing to deploy"} (${seconds.toFixed(1)} s)`;
}

const MOST_NAMES = 6;

const listed = (names: readonly string[]): string =>
  names.length > MOST_NAMES
    ? `${names.slice(0, MOST_NAMES).join(", ")} and ${names.length - MOST_NAMES} others`
    : names.join(", ");
