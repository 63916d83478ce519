import type { Program, Resource } from "./program";

/**
 * A release, with the resources that only the earlier release has: running executions still need them.
 * @param isUnderWay Whether any execution is running.
 */
export function standing(before: Program, release: Program, isUnderWay: boolean): Program {
  if (!isUnderWay || before === release) return release;
  return { ...release, resources: [...release.resources, ...missingFrom(release, before.resources)] };
}

/** Those resources that the program does not have. */
function missingFrom({ resources }: Program, others: readonly Resource[]): readonly Resource[] {
  const there = new Set(resources.map(identityOf));
  return others.filter((each) => !there.has(identityOf(each)));
}

const identityOf = ({ type, name }: Resource): string => `${type}\0${name}`;
