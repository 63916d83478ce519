import { resolve } from "node:path";
import { type Asset, digestsOf, isOfPackage } from "../assets";
import type { Program, Resource } from "../program";

/** A program that another process may be given: what it registers, without what the evaluation made it of. */
export type PlainProgram = Pick<Program, "resources" | "outputs" | "declarations">;

/** A program as data: its archives by text and by path. */
export async function plainProgram({ resources, outputs, declarations }: Program): Promise<PlainProgram> {
  return {
    resources: await Promise.all(
      resources.map(async (each) => ({ ...each, inputs: (await plain(each.inputs)) as Resource["inputs"] })),
    ),
    outputs: (await plain(outputs)) as Program["outputs"],
    ...(declarations && { declarations }),
  };
}

async function plain(value: unknown): Promise<unknown> {
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return Promise.all(value.map(plain));
  const {
    __pulumiAsset: asset,
    __pulumiArchive: archive,
    __pulumiResource: resource,
  } = value as Record<string, unknown>;
  if (asset === true || archive === true) return plainAsset(value);
  // A stack may export one, which leads to all others.
  if (resource === true) return undefined;
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, each]) => [key, await plain(each)] as const),
  );
  return Object.fromEntries(entries.filter(([, each]) => each !== undefined));
}

/** What is on this machine, by its path; with what is in it, by which one that has changed is told. */
interface PlainAsset extends Asset {
  readonly digests?: Awaited<ReturnType<typeof digestsOf>>;
}

async function plainAsset(asset: Asset): Promise<PlainAsset> {
  const [text, path, uri, assets] = await Promise.all([asset.text, asset.path, asset.uri, asset.assets]);
  if (text !== undefined) return { text };
  // Relative to the folder in which the program runs.
  if (path !== undefined) return { path: resolve(path), digests: await digestsOf(asset) };
  if (uri !== undefined) return { uri };
  const inner = Object.entries(assets ?? {}).map(async ([at, each]) => [at, await plainAsset(each)] as const);
  return { assets: Object.fromEntries(await Promise.all(inner)) };
}

/** The files and folders of which a program makes its archives, but for those of packages. */
export function pathsOf({ resources }: PlainProgram): readonly string[] {
  const paths = new Set<string>();
  const look = (asset: Asset): void => {
    if (typeof asset.path === "string" && !isOfPackage(asset.path)) paths.add(asset.path);
    for (const each of Object.values(asset.assets ?? {})) look(each as Asset);
  };
  for (const { inputs } of resources) {
    for (const each of Object.values(inputs)) if (typeof each === "object" && each !== null) look(each);
  }
  return [...paths];
}
