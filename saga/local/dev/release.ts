import { isDeepStrictEqual } from "node:util";
import type { Resource } from "../program";
import { FUNCTION, machinesOf, ofType, TABLE, taskOf } from "../resources";
import type { PlainProgram } from "./plain";

/** The difference between a release and the one before it, by names. */
export interface Changes {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** The changes between two programs. If there is no earlier one, everything is new. */
export function changesBetween(before: PlainProgram | undefined, after: PlainProgram): Changes {
  const there = byIdentity(before?.resources ?? []);
  const now = byIdentity(after.resources);
  const added = after.resources.filter((each) => !there.has(identityOf(each)));
  const removed = (before?.resources ?? []).filter((each) => !now.has(identityOf(each)));
  const changed = after.resources.filter((each) => {
    const former = there.get(identityOf(each));
    // A version's number depends on its content, and on the versions that it calls.
    return former !== undefined && !isDeepStrictEqual(former, each);
  });
  return { added: namesOf(added), changed: namesOf(changed), removed: namesOf(removed) };
}

export const isChange = ({ added, changed, removed }: Changes): boolean =>
  added.length + changed.length + removed.length > 0;

const identityOf = ({ type, name }: Resource): string => `${type}\0${name}`;

const byIdentity = (resources: readonly Resource[]): ReadonlyMap<string, Resource> =>
  new Map(resources.map((each) => [identityOf(each), each]));

/** The names of functions' tasks, of machines and of tables, and the number of all other resources. */
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

/** A summary of a release in one line: what is new, changed and removed, and how long the deployment took. */
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
