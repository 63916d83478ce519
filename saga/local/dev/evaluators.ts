import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { extname, join, sep } from "node:path";
import type { Ahead, Evaluated, Source } from "./evaluator";

/** The folder of this package's own modules. */
const OWN = join(__dirname, "../..") + sep;

/** Whether a module can be preloaded: it belongs to a package that registers no resources when it loads. */
const isAhead = (file: string): boolean =>
  /[/\\]node_modules[/\\](@pulumi|saga-aws-pulumi)[/\\]/.test(file) ||
  (file.startsWith(OWN) && !/[/\\](cli|check-config)[/\\.]/.test(file.slice(OWN.length - 1)));

/**
 * Evaluates a program, each time in a new process, so that no evaluation sees the state of another. The process for the
 * next evaluation starts early and preloads what takes long.
 */
export class Evaluators {
  private next: ChildProcess | undefined;
  private ahead: readonly string[] = [];
  private running: ChildProcess | undefined;
  private closed = false;

  constructor(private readonly source: Source) {
    this.warm();
  }

  /** Evaluates the program with the present content of its files. */
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

  /** Starts the process for the next evaluation, if there is none. */
  warm(): void {
    if (!this.closed) this.next ??= this.start();
  }

  /**
   * After a change of a preloaded module or of the project's settings, discards the waiting process. The next one
   * preloads no modules of earlier evaluations.
   */
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
    // When this package runs from its sources, its processes use the repository's ts-node.
    const extension = extname(__filename);
    const child = fork(join(__dirname, `evaluator${extension}`), {
      execArgv: extension === ".ts" ? ["-r", require.resolve("ts-node/register/transpile-only")] : [],
      env: { ...process.env, ...(extension === ".ts" && { TS_NODE_PROJECT: join(OWN, "..", "tsconfig.json") }) },
      serialization: "advanced",
      // The output of the program is for its author.
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const ahead: Ahead = { source: this.source, modules: this.ahead };
    child.send(ahead, () => {});
    // An idle child must not keep this process alive.
    child.unref();
    child.channel?.unref();
    return child;
  }

  private async answerOf(child: ChildProcess): Promise<Evaluated> {
    child.ref();
    child.channel?.ref();
    const ended = once(child, "exit").then(([code, signal]) => {
      throw new Error(`the program ended the process that evaluates it (${String(signal ?? `exit status ${code}`)})`);
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
