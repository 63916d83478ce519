import { command as run } from "../../saga/cli/command";
import * as programs from "../../saga/local/program";
import { evaluateOnce } from "../evaluated";

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

interface Given {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The terminal to which the command prints. Default: none. */
  readonly terminal?: Terminal;
}

/**
 * Runs a command line in this process, ten times as fast as in a process of its own. Commands share the evaluation of the
 * repository's programs. Tests of signals, of pipes, and of
 * a program's effects on its process need a process of their own.
 */
export function command(args: readonly string[], given: Given = {}): Promise<Ended> {
  // Commands share the process's output, so a second one waits for the first.
  const ended = last.then(() => runAlone(args, given));
  last = ended.catch(() => {});
  return ended;
}

let last: Promise<unknown> = Promise.resolve();

async function runAlone(args: readonly string[], { env = {}, terminal = {} }: Given): Promise<Ended> {
  const { stdout, stderr } = process;
  const here = process.cwd();
  const written = { out: "", err: "" };
  const undo = [
    swap(stdout, {
      isTTY: false,
      columns: undefined,
      ...terminal,
      write: (text: unknown) => ((written.out += String(text)), true),
    }),
    swap(stderr, { isTTY: false, write: (text: unknown) => ((written.err += String(text)), true) }),
    swap(process.env, { NO_COLOR: undefined, ...env }),
    swap(programs, { evaluate: evaluateOnce }),
  ];
  try {
    const code = await run([...args]);
    return { code, ...written };
  } finally {
    for (const each of undo) each();
    process.chdir(here);
  }
}

/** Sets properties, and returns a function that restores them. */
function swap(of: object, properties: Readonly<Record<string, unknown>>): () => void {
  const set = (name: string, value: unknown): void => {
    // Assigning undefined to an environment variable sets it to "undefined".
    if (value === undefined) Reflect.deleteProperty(of, name);
    else Reflect.set(of, name, value);
  };
  const before = Object.keys(properties).map(
    (name) => [name, Object.hasOwn(of, name) ? Reflect.get(of, name) : undefined] as const,
  );
  for (const [name, value] of Object.entries(properties)) set(name, value);
  return () => {
    for (const [name, value] of before) set(name, value);
  };
}
