import { isDeepStrictEqual } from "node:util";
import { type Json, seededRandom, TaskFailure } from "../interpreter";
import type { LambdaTask, SagaIdentity, Task, TaskEvent } from "../language/task";
import { type MemoryTable, memoryTable, watchingWrites } from "./memory-table";
import {
  type Broken,
  type Call,
  expectation,
  judge,
  type Law,
  LAWS,
  type Model,
  type Outcome,
  START,
} from "./contract-model";
import { type Move, movesAtOnce, movesInDoubt, randomMoves, sequences } from "./contract-moves";
import { Tasks } from "./tasks";

/** A task, whose handler runs in this process; or whatever calls one, such as a function that is deployed. */
export type Callable<In, Out> = (Task<In, Out> & LambdaTask) | ((event: TaskEvent<In>) => Promise<Out>);

/** Makes one call go wrong: with `call` before it, after it, or not at all. What it throws, the caller hears. */
export type Interruption = (call: () => Promise<unknown>) => Promise<unknown>;

export interface ContractOptions<In extends object, Out, UndoIn extends object> {
  readonly action: Callable<In, Out>;
  readonly undo: Callable<UndoIn, unknown>;
  /** What the action is called with, and accepts. Given the number of a row, it names another row at each. */
  readonly input: In | ((row: number) => In);
  /** What the undo is called with; the action's answer where there was one (S2). Default: the action's input. */
  readonly undoInput?: (input: In, answer: Out | undefined) => UndoIn;
  /**
   * What others see of all actions that stand: live rows, charges that are not refunded. What an undo leaves, such as
   * tombstones, is no part of it; nor is what differs each time, such as the hour.
   */
  readonly effects: (input: In) => unknown;
  /** Clears the world before each sequence of calls. A table in memory is cleared anyway. */
  readonly reset?: () => void | Promise<void>;
  /** The table that the handlers write to. Default: one in memory, where the action or its undo is a task. */
  readonly table?: MemoryTable | string;
  /** Variables that the handlers read. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Further ways in which a call goes wrong midway, by name. Known without: its answer is lost; it crashes before and
   * after each write to the table in memory.
   */
  readonly interruptions?: Readonly<Record<string, Interruption>>;
  /** How many sequences of random calls are tried beside all short ones. Default 50. */
  readonly runs?: number;
  /** Of the random calls. Default 1: the same at each run. */
  readonly seed?: number;
}

/** One call, and what came of it. */
export interface CheckedCall {
  readonly saga: string;
  readonly did: "action" | "undo";
  /** Calls with the same number ran at once. */
  readonly turn: number;
  readonly interruption?: string;
  readonly answer?: unknown;
  readonly error?: string;
}

/** A law that does not hold, with the calls that show it. */
export interface ContractViolation {
  readonly law: Law;
  readonly sentence: string;
  /** The last one shows it. */
  readonly calls: readonly CheckedCall[];
  readonly what: string;
}

export interface ContractReport {
  /** How often each law was looked at. */
  readonly judged: Readonly<Record<Law, number>>;
  readonly sequences: number;
  readonly calls: number;
}

/** The contract is broken: each law that is, with the shortest sequence of calls that was found. */
export class TaskContractError extends Error {
  override readonly name = "TaskContractError";

  constructor(
    pair: string,
    readonly violations: readonly ContractViolation[],
    readonly report: ContractReport,
  ) {
    super(`${pair} break the contract of a task (S3):\n${violations.map(described).join("\n")}`);
  }
}

/**
 * Checks that an action and its undo keep the contract that the verifier takes for granted (S3): called twice, undo first,
 * late, in the name of several sagas on one row, at once, and with a crash between a write and its answer. It tries all
 * sequences of four calls of two sagas, and longer ones at random, the same at each run.
 *
 * @throws TaskContractError which says what law is broken, and by which calls
 *
 * @example
 * const table = memoryTable();
 * await checkTaskContract({
 *   action: pay,
 *   undo: repay,
 *   input: (row) => ({ invoice: `invoice-${row}`, amount: 100 }),
 *   table,
 *   effects: () => table.rows().filter(({ status }) => status === "LIVE").map(({ pk, amount }) => ({ pk, amount })),
 * });
 */
export async function checkTaskContract<In extends object, Out, UndoIn extends object>(
  options: ContractOptions<In, Out, UndoIn> & UndoInputOf<In, UndoIn, Out>,
): Promise<ContractReport> {
  const check = new Check(options);
  return check.run();
}

/** Where the undo wants another input than the action, it must be said which. */
type UndoInputOf<In, UndoIn, Out> = [In] extends [UndoIn]
  ? unknown
  : { readonly undoInput: (input: In, answer: Out | undefined) => UndoIn };

class Check<In extends object, Out, UndoIn extends object> {
  private readonly table: MemoryTable | undefined;
  private readonly tasks: Tasks;
  private readonly judged: Record<Law, number>;
  private readonly found = new Map<Law, ContractViolation>();
  private readonly interruptions: Record<string, Interruption> = { "its answer is lost": lost };
  private rows = 0;
  private calls = 0;
  /** As often as an undo is retried by default (S4). */
  private mostUndos = 12;

  constructor(private readonly options: ContractOptions<In, Out, UndoIn>) {
    const { action, undo, environment = {}, interruptions = {} } = options;
    const elsewhere = typeof action === "function" && typeof undo === "function";
    const table = options.table ?? (elsewhere ? undefined : memoryTable());
    this.table = typeof table === "string" ? undefined : table;
    const named = typeof table === "string" ? table : table?.name;
    this.tasks = new Tasks(new Map(), { ...(named !== undefined && { TABLE_NAME: named }), ...environment });
    this.judged = Object.fromEntries(Object.keys(LAWS).map((law) => [law, 0])) as Record<Law, number>;
    Object.assign(this.interruptions, interruptions);
  }

  async run(): Promise<ContractReport> {
    const { runs = 50, seed = 1 } = this.options;
    await this.rehearse();
    const interruptions = Object.keys(this.interruptions);
    const random = seededRandom(seed);
    const all = [
      ...sequences(4),
      ...movesAtOnce,
      ...interruptions.flatMap(movesInDoubt),
      ...Array.from({ length: runs }, () => randomMoves(random, interruptions)),
    ];
    for (const moves of all) await this.play(moves);
    const report = { judged: this.judged, sequences: all.length, calls: this.calls };
    if (this.found.size > 0) {
      const [action, undo] = [this.options.action, this.options.undo].map((each) => each.name || "the function");
      throw new TaskContractError(`'${action}' and '${undo}'`, [...this.found.values()], report);
    }
    return report;
  }

  /** Without an action that succeeds, and whose effect shows, nothing would be checked. */
  private async rehearse(): Promise<void> {
    const stage = await this.stage();
    const writes = { action: 0, undo: 0 };
    for (const kind of ["action", "undo"] as const) {
      const before = await stage.effects();
      const count = (when: string) => {
        if (when === "before") writes[kind]++;
      };
      const call = () => stage.call({ kind, saga: "A" });
      const outcome = await (this.table ? watchingWrites(this.table, count, call) : call());
      const name = this.options[kind].name || `the ${kind}`;
      if ("error" in outcome) {
        throw new Error(`'${name}' fails with the input that it is given: ${outcome.error}${outcome.cause ?? ""}`);
      }
      if (kind === "action" && isDeepStrictEqual(await stage.effects(), before)) {
        throw new Error(
          `'effects' shows nothing of what '${name}' does: it is the same before and after, so nothing can be checked`,
        );
      }
    }
    const { table } = this;
    if (!table) return;
    for (let write = 1; write <= Math.max(writes.action, writes.undo); write++) {
      for (const when of ["before", "after"] as const) {
        this.interruptions[`it crashes ${when} write ${write}`] = (call) => crashed(table, write, when, call);
      }
    }
  }

  /** A world that has been cleared, and what calls in it. */
  private async stage(row = ++this.rows) {
    const { action, undo, input, effects, reset, undoInput } = this.options;
    this.table?.clear();
    await reset?.();
    const event = typeof input === "function" ? input(row) : input;
    const answers = new Map<string, Out>();
    const identity = (saga: string): SagaIdentity => ({
      id: `arn:aws:states:eu-west-1:000000000000:execution:Contract:${row}-${saga}`,
      step: "Step",
    });
    const inputOf = ({ kind, saga }: Call): object => {
      if (kind === "action") return { ...event, saga: identity(saga) };
      const given = undoInput ? undoInput(event, answers.get(saga)) : event;
      return { ...given, saga: identity(saga) };
    };
    const invoke = async (call: Call): Promise<Outcome> => {
      this.calls++;
      const made = () => this.invoke(call.kind === "action" ? action : undo, inputOf(call));
      const interrupt = call.interruption === undefined ? undefined : this.interruptions[call.interruption];
      try {
        const answer = interrupt ? await interrupt(made) : await made();
        if (call.kind === "action") answers.set(call.saga, answer as Out);
        return { answer };
      } catch (error) {
        const { name, error: reported, cause } = error as { name: string; error?: string; cause?: unknown };
        const inDoubt = interrupt !== undefined;
        return { error: reported ?? name, inDoubt, ...(typeof cause === "string" && { cause: `: ${cause}` }) };
      }
    };
    return {
      effects: async (): Promise<unknown> => JSON.parse(JSON.stringify((await effects(event)) ?? null)) as unknown,
      /** An undo that fails is called again, as it is by its retries; but for one that was interrupted. */
      call: async (call: Call): Promise<Outcome> => {
        let outcome = await invoke(call);
        if (call.kind === "action" || call.interruption !== undefined) return outcome;
        for (let tries = 1; "error" in outcome && tries < this.mostUndos; tries++) {
          await new Promise((resolve) => setTimeout(resolve, Math.min(5 * 2 ** tries, 100)));
          outcome = await invoke(call);
        }
        // It is broken. From now on it need not be waited for.
        if ("error" in outcome) this.mostUndos = 1;
        return outcome;
      },
    };
  }

  private invoke(callable: Callable<never, unknown>, event: object): Promise<unknown> {
    if (typeof callable === "function") return callable(event as never);
    return this.tasks.run(callable, event as Json);
  }

  /** Makes the calls until a law is broken. */
  private async play(moves: readonly Move[]): Promise<void> {
    const row = ++this.rows;
    const seen = new Map<string, unknown>();
    if (moves.flat().some(({ interruption }) => interruption !== undefined) && (this.table ?? this.options.reset)) {
      // What an action comes to that nothing interrupts: in the same world, which is cleared then.
      const undisturbed = await this.stage(row);
      await undisturbed.call({ kind: "action", saga: "A" });
      seen.set("A", await undisturbed.effects());
    }
    const stage = await this.stage(row);
    seen.set("", await stage.effects());
    const made: CheckedCall[] = [];
    let model: Model = START;
    for (const [turn, move] of moves.entries()) {
      const outcomes = await Promise.all(move.map((call) => stage.call(call)));
      made.push(...move.map((call, index) => checked(call, turn + 1, outcomes[index] as Outcome)));
      const effects = await stage.effects();
      const law = move.length > 1 ? "atOnce" : expectation(model, move[0] as Call);
      this.judged[law]++;
      const judgement = judge(model, move, outcomes, (next) => {
        const known = seen.get(next);
        if (known !== undefined) return isDeepStrictEqual(known, effects) ? undefined : differs(known, effects);
        // The first time that just these actions stand. Each of them must show.
        const sagas = next.split(",");
        const fewer = sagas.map((saga) => seen.get(sagas.filter((other) => other !== saga).join()));
        return fewer.some((other) => other !== undefined && isDeepStrictEqual(other, effects))
          ? "the action succeeds, and effects do not show it"
          : undefined;
      });
      if ("what" in judgement) {
        this.report(law, judgement, made);
        return;
      }
      model = judgement.model;
      if (judgement.standing !== undefined && !seen.has(judgement.standing)) seen.set(judgement.standing, effects);
    }
  }

  private report(law: Law, { what }: Broken, calls: readonly CheckedCall[]): void {
    const known = this.found.get(law);
    if (known && known.calls.length <= calls.length) return;
    this.found.set(law, Object.freeze({ law, sentence: LAWS[law], calls, what }));
  }
}

const differs = (known: unknown, effects: unknown): string =>
  `effects are ${JSON.stringify(effects)}, and should be ${JSON.stringify(known)}`;

const lost: Interruption = async (call) => {
  await call();
  throw new TaskFailure("Lost", "nobody heard the answer");
};

/** The process dies at a write: nothing that it still does reaches the table. */
function crashed(
  table: MemoryTable,
  write: number,
  at: "before" | "after",
  call: () => Promise<unknown>,
): Promise<unknown> {
  let count = 0;
  let dead = false;
  const watch = (when: "before" | "after") => {
    if (!dead && when === "before") count++;
    dead ||= count === write && when === at;
    if (dead) throw new TaskFailure("Crashed", "");
  };
  return watchingWrites(table, watch, async () => {
    const answer = await call();
    // Nobody hears what it says after its death.
    if (dead) throw new TaskFailure("Crashed", "");
    return answer;
  });
}

function checked({ saga, kind, interruption }: Call, turn: number, outcome: Outcome): CheckedCall {
  const came = "error" in outcome ? { error: outcome.error } : { answer: outcome.answer };
  return Object.freeze({ saga, did: kind, turn, ...(interruption !== undefined && { interruption }), ...came });
}

function described({ sentence, calls, what }: ContractViolation): string {
  const lines = calls.map(({ saga, did, turn, interruption, answer, error }) => {
    const came = error === undefined ? `answers ${JSON.stringify(answer ?? null)}` : `fails: ${error}`;
    const midway = interruption === undefined ? "" : ` (${interruption})`;
    return `    ${turn}. saga ${saga}: ${did}${midway} ${came}`;
  });
  return [`  ${sentence}`, ...lines, `    → ${what}`].join("\n");
}
