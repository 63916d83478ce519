import type { Program, Resource } from "./program";

/**
 * A release, and what the one before it had that is in it no longer: executions that are under way end on that.
 * @param isUnderWay Whether there are any.
 */
export function standing(before: Program, release: Program, isUnderWay: boolean): Program {
  if (!isUnderWay || before === release) return release;
  return { ...release, resources: [...release.resources, ...missingFrom(release, before.resources)] };
}

/** Resources that a program does not have, or no longer. */
export function missingFrom({ resources }: Program, others: readonly Resource[]): readonly Resource[] {
  const there = new Set(resources.map(identityOf));
  return others.filter((each) => !there.has(identityOf(each)));
}

const identityOf = ({ type, name }: Resource): string => `${type}\0${name}`;
