import { createHash } from "node:crypto";
import { posix, resolve } from "node:path";
import { type Asset, digestOfFile, filesOf, isOfPackage } from "./assets";
import type { FunctionOptions } from "./lambda/function";
import type { Resource } from "./program";

interface FunctionInputs {
  readonly code?: Asset;
  readonly handler?: string;
  readonly runtime?: string;
  readonly environment?: { readonly variables?: Readonly<Record<string, string>> };
  readonly timeout?: number;
  readonly memorySize?: number;
}

/**
 * The deployed form of a function: its archive and its settings.
 * @throws Error if it can't run on this machine
 */
export async function deployedForm({ name, inputs }: Resource): Promise<FunctionOptions> {
  const { code, handler, runtime, environment, timeout = 3, memorySize = 128 } = inputs as FunctionInputs;
  if (runtime?.startsWith("nodejs") !== true || code === undefined || handler === undefined) {
    throw new Error(`'${name}' can't run on this machine: it is not a Node.js function with an archive`);
  }
  const text: Record<string, string> = {};
  const files: Record<string, string> = {};
  const add = async (at: string, asset: Asset): Promise<void> => {
    const [content, path, assets] = await Promise.all([asset.text, asset.path, asset.assets]);
    if (content !== undefined) text[at] = content;
    else if (assets !== undefined) {
      for (const [inner, each] of Object.entries(assets)) await add(posix.join(at, inner), each);
    } else if (path !== undefined && /\.(zip|tar|tgz|tar\.gz|jar)$/.test(path)) {
      throw new Error(`the archive of '${name}' has '${path}', which is compressed: use its folder instead`);
    } else if (path !== undefined) {
      for (const [inner, file] of filesOf(resolve(path))) files[posix.join(at, inner)] = file;
    } else throw new Error(`the archive of '${name}' has '${at}', which is not on this machine`);
  };
  await add("", code);
  return {
    name,
    code: text,
    ...(Object.keys(files).length > 0 && { files }),
    handler,
    environment: environment?.variables ?? {},
    timeoutSeconds: timeout,
    memory: memorySize,
  };
}

/** A digest of a function's code and settings. Files of packages count by their paths, because they do not change. */
export function digestOf({ files = {}, ...form }: Omit<FunctionOptions, "onLog">): string {
  const contents = Object.entries(files).map(([at, file]) => [at, isOfPackage(file) ? file : digestOfFile(file)]);
  return createHash("sha256")
    .update(JSON.stringify([form, contents]))
    .digest("base64");
}
