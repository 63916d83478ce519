import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix, resolve } from "node:path";

/** An asset or an archive of Pulumi, by what it is made of. */
export interface Asset {
  readonly text?: Promise<string> | string;
  readonly path?: Promise<string> | string;
  readonly assets?: Promise<Assets> | Assets;
  readonly uri?: Promise<string> | string;
}
type Assets = Readonly<Record<string, Asset>>;

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
export function filesOf(path: string): readonly (readonly [inner: string, file: string])[] {
  if (!statSync(path).isDirectory()) return [["", path]];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    filesOf(join(path, entry.name)).map(([inner, file]) => [posix.join(entry.name, inner), file] as const),
  );
}
