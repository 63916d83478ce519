import { resolve } from "node:path";
import { type Asset, digestsOf, isOfPackage } from "../assets";
import type { Program, Resource } from "../program";

/**
 * A program that can be sent to another process: its resources as plain data, without the objects of the evaluation.
 */
export type PlainProgram = Pick<Program, "resources" | "outputs" | "declarations">;

/** Converts a program to plain data. Archives become text and paths. */
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
  // A stack may export a resource object, which refers to all others.
  if (resource === true) return undefined;
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, each]) => [key, await plain(each)] as const),
  );
  return Object.fromEntries(entries.filter(([, each]) => each !== undefined));
}

/** An asset by its path on this machine, with digests of its content: a change of the content changes the data. */
interface PlainAsset extends Asset {
  readonly digests?: Awaited<ReturnType<typeof digestsOf>>;
}

async function plainAsset(asset: Asset): Promise<PlainAsset> {
  const [text, path, uri, assets] = await Promise.all([asset.text, asset.path, asset.uri, asset.assets]);
  if (text !== undefined) return { text };
  // The path is relative to the program's working folder, which is the process's.
  if (path !== undefined) return { path: resolve(path), digests: await digestsOf(asset) };
  if (uri !== undefined) return { uri };
  const inner = Object.entries(assets ?? {}).map(async ([at, each]) => [at, await plainAsset(each)] as const);
  return { assets: Object.fromEntries(await Promise.all(inner)) };
}

/** The files and folders that a program packs into archives, except those of packages. */
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
