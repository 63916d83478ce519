import { expect } from "chai";
import type { Program, Resource } from "../../saga/local/program";

type Assets = Readonly<Record<string, { readonly text: Promise<string> | string }>>;

/** The program with another text in the archive of each of its functions that has it: a mutant must differ. */
export async function mutated(program: Program, from: string, to: string): Promise<Program> {
  let found = 0;
  const change = async (resource: Resource): Promise<Resource> => {
    if (resource.type !== "aws:lambda/function:Function") return resource;
    const { assets } = resource.inputs["code"] as { readonly assets: Promise<Assets> };
    const files = Object.entries(await assets).map(async ([path, { text }]) => {
      const was = await text;
      if (was.includes(from)) found++;
      return [path, { text: was.replaceAll(from, to) }] as const;
    });
    const changed = Promise.resolve(Object.fromEntries(await Promise.all(files)));
    return { ...resource, inputs: { ...resource.inputs, code: { assets: changed } } };
  };
  const resources = await Promise.all(program.resources.map(change));
  expect(found, from).to.be.above(0);
  return { ...program, resources };
}
