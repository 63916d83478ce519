import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix, resolve } from "node:path";

/** An asset or an archive of Pulumi, by its content. */
export interface Asset {
  readonly text?: Promise<string> | string;
  readonly path?: Promise<string> | string;
  readonly assets?: Promise<Assets> | Assets;
  readonly uri?: Promise<string> | string;
}
type Assets = Readonly<Record<string, Asset>>;

/** Whether a file belongs to an installed package. Such files are not expected to change. */
export const isOfPackage = (file: string): boolean => /[/\\]node_modules[/\\]/.test(file);

export const digestOfFile = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("base64");

/** The digests of the files in an archive, by their paths in it. Files of packages are left out. */
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

/** The files of a folder, by their paths in it. The path of a single file is empty. */
export function filesOf(path: string): readonly (readonly [inner: string, file: string])[] {
  if (!statSync(path).isDirectory()) return [["", path]];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    filesOf(join(path, entry.name)).map(([inner, file]) => [posix.join(entry.name, inner), file] as const),
  );
}
