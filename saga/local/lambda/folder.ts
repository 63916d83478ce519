import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The content of a function's archive. */
export interface Archive {
  /** Text, by path. */
  readonly code: Readonly<Record<string, string>>;
  /** Files of this machine, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** The content of further files, by path. */
  readonly contents?: Readonly<Record<string, Buffer>>;
}

// The prefix contains the host name: machines may share the folder for temporary files, and process ids are unique only
// on one machine.
const PREFIX = `saga-lambda-${hostname()}-`;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * The packages of the SDK, which Lambda's runtime contains. Functions see the program's clients and this package's, and
 * none of the project's other modules.
 */
const sdk = dirname(dirname(require.resolve("@aws-sdk/client-dynamodb/package.json")));

/** The `node_modules` folder with the SDK and its dependencies. */
export const sdkModules = dirname(sdk);

/** The folder of this process. It exists while any function has its code in it. */
let root: string | undefined;
const taken = new Set<string>();
let unpacked = 0;

/**
 * Unpacks an archive. The caller has to remove it. It is also removed when the process ends, unless the process is
 * killed.
 */
export function unpack({ code, files = {}, contents = {} }: Archive): {
  readonly taskRoot: string;
  readonly remove: () => void;
} {
  const taskRoot = join((root ??= open()), String(++unpacked));
  taken.add(taskRoot);
  const made = new Set<string>();
  const put = (path: string, write: (file: string) => void): void => {
    const file = join(taskRoot, path);
    const folder = dirname(file);
    if (!made.has(folder)) mkdirSync(folder, { recursive: true });
    made.add(folder);
    write(file);
  };
  mkdirSync(taskRoot);
  for (const [path, text] of Object.entries(code)) {
    put(path, (file) => {
      writeFileSync(file, text);
    });
  }
  for (const [path, from] of Object.entries(files)) {
    put(path, (file) => {
      copyFileSync(from, file);
    });
  }
  for (const [path, content] of Object.entries(contents)) {
    put(path, (file) => {
      writeFileSync(file, content);
    });
  }
  const remove = (): void => {
    rmSync(taskRoot, { recursive: true, force: true });
    if (taken.delete(taskRoot) && taken.size === 0) close();
  };
  return { taskRoot, remove };
}

/** The folder in which functions find the modules of their runtime. */
export const runtimeModules = (): string => join((root ??= open()), "runtime");

function open(): string {
  removeLeftOvers();
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`)));
  linkSdk(join(folder, "runtime/@aws-sdk"));
  process.once("exit", close);
  for (const signal of SIGNALS) process.once(signal, onSignal);
  return folder;
}

function close(): void {
  if (root !== undefined) rmSync(root, { recursive: true, force: true });
  root = undefined;
  process.removeListener("exit", close);
  for (const signal of SIGNALS) process.removeListener(signal, onSignal);
}

/** If nothing else handles the signal, it ends the process, as it would without this listener. */
function onSignal(signal: NodeJS.Signals): void {
  const alone = process.listenerCount(signal) === 0;
  if (!alone) return;
  close();
  process.kill(process.pid, signal);
}

/** Removes the folders of processes that were killed. */
function removeLeftOvers(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = name.startsWith(PREFIX) ? (/^(\d+)-/.exec(name.slice(PREFIX.length)) ?? []) : [];
    if (pid === undefined || runs(Number(pid))) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // It belongs to another user, or was removed meanwhile.
    }
  }
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function linkSdk(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const scope of [join(process.cwd(), "node_modules/@aws-sdk"), sdk]) {
    if (!existsSync(scope)) continue;
    for (const name of readdirSync(scope)) {
      if (!existsSync(join(folder, name))) symlinkSync(join(scope, name), join(folder, name), "junction");
    }
  }
}
