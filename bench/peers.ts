/**
 * The peers' packages. They are not dependencies of this repository: npm installs them into a temporary folder. Later runs
 * use it again, and `npm run bench -- --clean` removes it.
 */
import { execFile } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** Exact versions, so that runs compare the same software. */
const PACKAGES = {
  Restate: {
    "@restatedev/restate-server": "1.7.12",
    "@restatedev/restate-sdk": "1.17.2",
    "@restatedev/restate-sdk-clients": "1.17.2",
  },
  DBOS: {
    "@dbos-inc/dbos-sdk": "5.3.0",
    postgres: "3.4.7",
  },
  // NodejsFunction bundles with esbuild.
  CDK: { "aws-cdk-lib": "2.276.0", constructs: "10.8.1", esbuild: "0.28.2" },
  osls: { osls: "4.3.1", "serverless-step-functions": "3.31.2" },
  "aws-local-stepfunctions": { "aws-local-stepfunctions": "3.0.0" },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;
const INSTALL_MS = 120_000;

export type Peer = keyof typeof PACKAGES;

/** A peer can't be installed. */
export class Unavailable extends Error {}

export const folderOf = (peer: Peer): string => join(tmpdir(), `saga-bench-${userInfo().uid}-${peer.toLowerCase()}`);

/** @throws Unavailable if npm can't install them */
export async function install(peer: Peer): Promise<void> {
  const folder = folderOf(peer);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Any user can make a folder with this name. Code in another user's folder must not run.
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== userInfo().uid) {
    throw new Unavailable(`${folder} is another user's: remove it`);
  }
  chmodSync(folder, 0o700);
  const done = join(folder, "installed.json");
  const wanted = JSON.stringify({ private: true, dependencies: PACKAGES[peer] });
  if (contentOf(done) === wanted) return;
  rmSync(done, { force: true });
  writeFileSync(join(folder, "package.json"), wanted);
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  try {
    await promisify(execFile)("npm", args, { cwd: folder, timeout: INSTALL_MS });
  } catch (error) {
    const { killed, stderr, message } = error as Error & { killed?: boolean; stderr?: string };
    const why = killed ? `npm took longer than ${INSTALL_MS / 1000} s` : (stderr ?? "").trim() || message;
    throw new Unavailable(`npm can't install it: ${why.split("\n").slice(0, 2).join(" ")}`);
  }
  writeFileSync(done, wanted);
}

/** Installs peers. Returns the installed ones, and the reasons why others are missing. */
export async function installAll<P extends Peer>(
  peers: readonly P[],
): Promise<{ readonly there: ReadonlySet<P>; readonly leftOut: Readonly<Partial<Record<P, string>>> }> {
  const [there, leftOut] = [new Set<P>(), {} as Partial<Record<P, string>>];
  for (const peer of peers) {
    await install(peer).then(
      () => there.add(peer),
      (error: unknown) => {
        if (!(error instanceof Unavailable)) throw error;
        leftOut[peer] = error.message;
      },
    );
  }
  return { there, leftOut };
}

export function removeAll(): void {
  for (const peer of Object.keys(PACKAGES) as Peer[]) rmSync(folderOf(peer), { recursive: true, force: true });
}

export const packagesOf = (peer: Peer): Readonly<Record<string, string>> => PACKAGES[peer];

export const versionsOf = (peer: Peer): string =>
  Object.entries(PACKAGES[peer])
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");

/** The exports of a peer's package. */
export const load = (peer: Peer, name: string): unknown => createRequire(join(folderOf(peer), "package.json"))(name);

/** A file of a peer's package. */
export const fileOf = (peer: Peer, path: string): string => join(folderOf(peer), "node_modules", path);

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
