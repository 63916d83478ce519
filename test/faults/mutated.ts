import { expect } from "chai";
import type { Program, Resource } from "../../saga/local/program";

type Assets = Readonly<Record<string, { readonly text: Promise<string> | string }>>;

export type Changes = readonly (readonly [from: string, to: string])[];

/** The program with texts replaced in the archives of its functions. At least one archive must change. */
export const mutated = (program: Program, ...changes: Changes): Promise<Program> =>
  changes.reduce(async (mutant, change) => changed(await mutant, ...change), Promise.resolve(program));

async function changed(program: Program, from: string, to: string): Promise<Program> {
  let found = 0;
  const change = async (resource: Resource): Promise<Resource> => {
    if (resource.type !== "aws:lambda/function:Function") return resource;
    const { assets } = resource.inputs["code"] as { readonly assets: Promise<Assets> };
    const files = Object.entries(await assets).map(async ([path, { text }]) => {
      const was = await text;
      if (was.includes(from)) found++;
      return [path, { text: was.replaceAll(from, to) }] as const;
    });
    const altered = Promise.resolve(Object.fromEntries(await Promise.all(files)));
    return { ...resource, inputs: { ...resource.inputs, code: { assets: altered } } };
  };
  const resources = await Promise.all(program.resources.map(change));
  expect(found, from).to.be.above(0);
  return { ...program, resources };
}
