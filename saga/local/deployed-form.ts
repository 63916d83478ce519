import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix, resolve } from "node:path";
import type { FunctionOptions } from "./lambda/function";
import type { Resource } from "./program";

/** An asset or an archive of Pulumi, by what it is made of. */
export interface Asset {
  readonly text?: Promise<string> | string;
  readonly path?: Promise<string> | string;
  readonly assets?: Promise<Assets> | Assets;
  readonly uri?: Promise<string> | string;
}
type Assets = Readonly<Record<string, Asset>>;

interface FunctionInputs {
  readonly code?: Asset;
  readonly handler?: string;
  readonly runtime?: string;
  readonly environment?: { readonly variables?: Readonly<Record<string, string>> };
  readonly timeout?: number;
  readonly memorySize?: number;
}

/** A function in the form that is deployed. */
export async function deployedForm({ name, inputs }: Resource): Promise<FunctionOptions> {
  const { code, handler, runtime, environment, timeout = 3, memorySize = 128 } = inputs as FunctionInputs;
  if (runtime?.startsWith("nodejs") !== true || code === undefined || handler === undefined) {
    throw new Error(`'${name}' can't run on this machine: it is no function with an archive for Node.js`);
  }
  const text: Record<string, string> = {};
  const files: Record<string, string> = {};
  const add = async (at: string, asset: Asset): Promise<void> => {
    const [content, path, assets] = await Promise.all([asset.text, asset.path, asset.assets]);
    if (content !== undefined) text[at] = content;
    else if (assets !== undefined) {
      for (const [inner, each] of Object.entries(assets)) await add(posix.join(at, inner), each);
    } else if (path !== undefined && /\.(zip|tar|tgz|tar\.gz|jar)$/.test(path)) {
      throw new Error(`the archive of '${name}' has '${path}', which is packed: give its folder`);
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

/** Files that stay as npm has installed them. */
export const isOfPackage = (file: string): boolean => /[/\\]node_modules[/\\]/.test(file);

export const digestOfFile = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("base64");

/** What is in the files of which an archive is made, those of packages aside: by their paths in it. */
export async function digestsOf(asset: Asset, at = ""): Promise<readonly (readonly [path: string, digest: string])[]> {
  const [path, assets] = await Promise.all([asset.path, asset.assets]);
  const inner = Object.entries(assets ?? {}).map(([name, each]) => digestsOf(each, posix.join(at, name)));
  const file = path === undefined ? "" : resolve(path);
  const files = isOfPackage(file) || !existsSync(file) ? [] : filesOf(file);
  return [
    ...files.map(([name, file]) => [posix.join(at, name), digestOfFile(file)] as const),
    ...(await Promise.all(inner)).flat(),
  ];
}

/** The files of a folder by their paths in it; a file alone stands at its own place. */
function filesOf(path: string): readonly (readonly [inner: string, file: string])[] {
  if (!statSync(path).isDirectory()) return [["", path]];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    filesOf(join(path, entry.name)).map(([inner, file]) => [posix.join(entry.name, inner), file] as const),
  );
}
