import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { extname, join, sep } from "node:path";
import type { Ahead, Evaluated, Source } from "./evaluator";

/** This package's own modules, which a program loads from there. */
const OWN = join(__dirname, "../..") + sep;

/** What of a program's modules is no part of it: packages that make nothing when they are loaded. */
const isAhead = (file: string): boolean =>
  /[/\\]node_modules[/\\](@pulumi|saga-aws-pulumi)[/\\]/.test(file) ||
  (file.startsWith(OWN) && !/[/\\](cli|check-config)[/\\.]/.test(file.slice(OWN.length - 1)));

/**
 * Evaluates a program, each time in a process of its own, so that none sees what another has left. The next process is
 * there before it is needed, with what takes long loaded ahead.
 */
export class Evaluators {
  private next: ChildProcess | undefined;
  private ahead: readonly string[] = [];
  private running: ChildProcess | undefined;
  private closed = false;

  constructor(private readonly source: Source) {
    this.warm();
  }

  /** Evaluates the program as its files are now. */
  async evaluate(): Promise<Evaluated> {
    const child = this.next ?? this.start();
    this.next = undefined;
    this.running = child;
    try {
      const evaluated = await this.answerOf(child);
      this.ahead = evaluated.loaded.filter(isAhead);
      return evaluated;
    } finally {
      this.running = undefined;
    }
  }

  /** Has a process there for the next evaluation. */
  warm(): void {
    if (!this.closed) this.next ??= this.start();
  }

  /** Loads nothing ahead that has changed, and by no settings that have. */
  forget(isChanged: (file: string) => boolean, settings: boolean): void {
    if (!settings && !this.ahead.some(isChanged)) return;
    this.ahead = [];
    this.next?.kill();
    this.next = undefined;
  }

  close(): void {
    this.closed = true;
    for (const child of [this.next, this.running]) child?.kill();
    this.next = undefined;
  }

  private start(): ChildProcess {
    // From its sources, this package runs by the project's ts-node.
    const extension = extname(__filename);
    const child = fork(join(__dirname, `evaluator${extension}`), {
      execArgv: extension === ".ts" ? ["-r", require.resolve("ts-node/register/transpile-only")] : [],
      env: { ...process.env, ...(extension === ".ts" && { TS_NODE_PROJECT: join(OWN, "..", "tsconfig.json") }) },
      serialization: "advanced",
      // What the program prints while it is evaluated is for whoever works on it.
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const ahead: Ahead = { source: this.source, modules: this.ahead };
    child.send(ahead, () => {});
    // While nobody waits for it, it keeps nothing alive.
    child.unref();
    child.channel?.unref();
    return child;
  }

  private async answerOf(child: ChildProcess): Promise<Evaluated> {
    child.ref();
    child.channel?.ref();
    const ended = once(child, "exit").then(([code, signal]) => {
      throw new Error(`the program has ended the process that evaluates it, with ${String(signal ?? code)}`);
    });
    ended.catch(() => {});
    const answered = new Promise<Evaluated>((resolve) => {
      child.on("message", (message: Evaluated | { readonly ready: true }) => {
        if (!("ready" in message)) resolve(message);
      });
    });
    child.send(this.source, () => {});
    return Promise.race([answered, ended]);
  }
}
