import { createHash } from "node:crypto";
import { digestOfFile, isOfPackage } from "./assets";
import type { FunctionOptions } from "./lambda/function";
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

/** What a function runs, and with what: another one differs in that. Packages stay as they were installed. */
export function digestOf({ files = {}, ...form }: Omit<FunctionOptions, "onLog">): string {
  const contents = Object.entries(files).map(([at, file]) => [at, isOfPackage(file) ? file : digestOfFile(file)]);
  return createHash("sha256")
    .update(JSON.stringify([form, contents]))
    .digest("base64");
}
