import { isDeepStrictEqual } from "node:util";
import { type Json, seededRandom, TaskFailure } from "../interpreter";
import type { LambdaTask, SagaIdentity, Task, TaskEvent } from "../language/task";
import { type MemoryTable, memoryTable, tableVariables, watchingWrites } from "./memory-table";
import {
  type Broken,
  type Call,
  type Difference,
  expectation,
  isRefused,
  judge,
  type Judging,
  type Law,
  LAWS,
  type Model,
  type Outcome,
  START,
} from "./contract-model";
import { type Move, movesAtOnce, movesInDoubt, randomMoves, sequences } from "./contract-moves";
import { messageOf } from "./message";
import { Tasks } from "./tasks";

/** A task, whose handler runs in this process; or a function that calls one, such as a deployed function. */
export type Callable<In, Out> = (Task<In, Out> & LambdaTask) | ((event: TaskEvent<In>) => Promise<Out>);

/** Makes one call go wrong. It may or may not make the `call`. The caller gets the error that it throws. */
export type Interruption = (call: () => Promise<unknown>) => Promise<unknown>;

export interface ContractOptions<In extends object, Out, UndoIn extends object> {
  readonly action: Callable<In, Out>;
  readonly undo: Callable<UndoIn, unknown>;
  /**
   * An input that the action accepts. Or a function that gets a number, and returns an input with another row for each number.
   */
  readonly input: In | ((row: number) => In);
  /**
   * The undo's input, made from the action's input, and from its answer if there was one (S2). Default: the action's
   * input.
   */
  readonly undoInput?: (input: In, answer: Out | undefined) => UndoIn;
  /**
   * Returns the visible effects of all actions: live rows, or charges without a refund. Leave out tombstones, and values that
   * differ on each run, such as a timestamp.
   */
  readonly effects: (input: In) => unknown;
  /**
   * The errors of the action that the saga declares as definite: after such an error, the action must have left nothing,
   * since its undo does not run. After another error, its undo must take back what the action has left (S2).
   */
  readonly definite?: readonly string[];
  /** Clears all effects before each sequence of calls. The tables in memory of these options are cleared anyway. */
  readonly reset?: () => void | Promise<void>;
  /** The table to which the handlers write. Default: one in memory, if the action or its undo is a task. */
  readonly table?: MemoryTable | string;
  /** Further tables: `{ ledger }` is `LEDGER_TABLE_NAME` to the handlers. */
  readonly tables?: Readonly<Record<string, MemoryTable | string>>;
  /** Variables that the handlers read. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Further ways in which a call is interrupted, by name. Built in: its answer is lost; it crashes before or after each
   * write to the tables in memory.
   */
  readonly interruptions?: Readonly<Record<string, Interruption>>;
  /** How many random sequences of calls are tried, besides all short ones. Default 50. */
  readonly runs?: number;
  /** The seed of the random sequences. Default 1: the same in each run. */
  readonly seed?: number;
}

/** One call, and its outcome. */
export interface CheckedCall {
  /** `A` or `B`: which of the two sagas made the call. */
  readonly saga: string;
  readonly did: "action" | "undo";
  /** Calls with the same number ran concurrently. */
  readonly turn: number;
  /** How the call was interrupted, if it was. */
  readonly interruption?: string;
  readonly answer?: unknown;
  readonly error?: string;
}

/** A broken law, with the calls that show it. */
export interface ContractViolation {
  readonly law: Law;
  /** The law in words. */
  readonly sentence: string;
  /** The calls of the sequence. The last one breaks the law. */
  readonly calls: readonly CheckedCall[];
  /** What the last call did, and should have done. */
  readonly what: string;
}

/** What was checked. */
export interface ContractReport {
  /** How often each law was checked. */
  readonly judged: Readonly<Record<Law, number>>;
  /** The number of sequences of calls. */
  readonly sequences: number;
  /** The number of calls in all sequences. */
  readonly calls: number;
}

/** The contract is broken: each broken law, with the shortest sequence of calls that was found. */
export class TaskContractError extends Error {
  override readonly name = "TaskContractError";

  constructor(
    pair: string,
    readonly violations: readonly ContractViolation[],
    readonly report: ContractReport,
  ) {
    super(`${pair} break the contract of a task (S3):\n${byCause(violations).map(described).join("\n")}`);
  }
}

/**
 * Checks that an action and its undo keep the contract that the verifier assumes (S3). It calls them twice, undo first,
 * late, for several sagas on one row, concurrently, and with a crash between a write and its answer. It tries all
 * sequences of four calls of two sagas, and longer ones at random, the same in each run.
 *
 * @throws TaskContractError if a law is broken, with the calls that break it
 * @throws Error if nothing can be checked: the input is refused, or `effects` does not show what the action does
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

/** If the undo does not accept the action's input, `undoInput` is required. */
type UndoInputOf<In, UndoIn, Out> = [In] extends [UndoIn]
  ? unknown
  : { readonly undoInput: (input: In, answer: Out | undefined) => UndoIn };

class Check<In extends object, Out, UndoIn extends object> {
  private readonly memories: readonly MemoryTable[];
  private readonly tasks: Tasks;
  private readonly judged: Record<Law, number>;
  private readonly found = new Map<Law, ContractViolation>();
  private readonly interruptions: Record<string, Interruption> = { "its answer is lost": lost };
  private rows = 0;
  private calls = 0;
  /** As often as an undo is retried by default (S4). */
  private mostUndos = 12;

  constructor(private readonly options: ContractOptions<In, Out, UndoIn>) {
    const { action, undo, tables = {}, environment = {}, interruptions = {} } = options;
    const elsewhere = typeof action === "function" && typeof undo === "function";
    const table = options.table ?? (elsewhere ? undefined : memoryTable());
    const all = [...(table === undefined ? [] : [table]), ...Object.values(tables)];
    this.memories = all.filter((each) => typeof each !== "string");
    this.tasks = new Tasks(new Map(), { ...tableVariables(table, tables), ...environment });
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

  /** If the action failed, or its effect were not visible, nothing would be checked. */
  private async rehearse(): Promise<void> {
    const stage = await this.stage();
    const writes = { action: 0, undo: 0 };
    for (const kind of ["action", "undo"] as const) {
      const before = await stage.effects();
      const count = (when: string) => {
        if (when === "before") writes[kind]++;
      };
      const call = () => stage.call({ kind, saga: "A" });
      const outcome = await watchingWrites(this.memories, count, call);
      const name = this.options[kind].name || `the ${kind}`;
      if ("error" in outcome) {
        throw new Error(`'${name}' fails with the given input: ${outcome.error}${outcome.cause ?? ""}`);
      }
      if (kind === "action" && isDeepStrictEqual(await stage.effects(), before)) {
        throw new Error(
          `'effects' does not show what '${name}' does: it returns the same before and after. Return what the action changes`,
        );
      }
    }
    await this.rehearseClearing();
    const { memories } = this;
    for (let write = 1; write <= Math.max(writes.action, writes.undo); write++) {
      for (const when of ["before", "after"] as const) {
        this.interruptions[`it crashes ${when} write ${write}`] = (call) =>
          crashed(memories, { write, at: when }, call);
      }
    }
  }

  /** If the effects of one sequence were still visible in the next, a correct task would be reported. */
  private async rehearseClearing(): Promise<void> {
    if (!this.clears) return;
    const row = ++this.rows;
    const stage = await this.stage(row);
    const before = await stage.effects();
    await stage.call({ kind: "action", saga: "A" });
    const cleared = await (await this.stage(row)).effects();
    if (isDeepStrictEqual(before, cleared)) return;
    const name = this.options.action.name || "the action";
    throw new Error(
      `'effects' still shows what '${name}' did after everything was cleared: ${differs(before, cleared).what}. ` +
        "Name the table that it reads in 'tables', or clear it in 'reset'",
    );
  }

  private get clears(): boolean {
    return this.memories.length > 0 || this.options.reset !== undefined;
  }

  /** Clears the world, and returns how to make calls in it and see their effects. */
  private async stage(row = ++this.rows) {
    const { action, undo, input, effects, reset, undoInput } = this.options;
    for (const memory of this.memories) memory.clear();
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
        const inDoubt = interrupt !== undefined;
        const { name, error: reported } = error as { name: string; error?: string };
        const message = messageOf(error as Error);
        return { error: reported ?? name, inDoubt, ...(message !== "" && { cause: `: ${message}` }) };
      }
    };
    return {
      effects: async (): Promise<unknown> => JSON.parse(JSON.stringify((await effects(event)) ?? null)) as unknown,
      /** Calls an undo that fails again, as Retry does, unless it was interrupted. */
      call: async (call: Call): Promise<Outcome> => {
        let outcome = await invoke(call);
        if (call.kind === "action" || call.interruption !== undefined) return outcome;
        for (let tries = 1; "error" in outcome && tries < this.mostUndos; tries++) {
          await new Promise((resolve) => setTimeout(resolve, Math.min(5 * 2 ** tries, 100)));
          outcome = await invoke(call);
        }
        // The undo is broken: it is not retried any more.
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
    if (moves.flat().some(({ interruption }) => interruption !== undefined) && this.clears) {
      // The effects of an undisturbed action, in the same world, which is cleared afterwards.
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
      if (move.some((call, index) => isRefused(model, call, outcomes[index] as Outcome))) this.judged.refused++;
      const judging: Judging = {
        definite: this.options.definite ?? [],
        effects: (next) => {
          const known = seen.get(next);
          if (known !== undefined) return isDeepStrictEqual(known, effects) ? undefined : differs(known, effects);
          // The first time that exactly these actions are in effect. Each of them must be visible.
          const sagas = next.split(",");
          const fewer = sagas.map((saga) => seen.get(sagas.filter((other) => other !== saga).join()));
          return fewer.some((other) => other !== undefined && isDeepStrictEqual(other, effects))
            ? { what: "the action succeeds, but effects do not show it", lacks: true }
            : "unknown";
        },
      };
      const judgement = judge(model, move, outcomes, judging);
      if ("what" in judgement) {
        this.report(judgement.law ?? law, judgement, made);
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

/** How the effects differ. Of lists, such as rows, only the items that are not in both. */
function differs(known: unknown, effects: unknown): Difference {
  if (Array.isArray(known) && Array.isArray(effects)) {
    const [missing, extra] = [without(known, effects), without(effects, known)];
    const parts = [
      ...(missing.length > 0 ? [`lack ${shortened(missing)}`] : []),
      ...(extra.length > 0 ? [`also have ${shortened(extra)}`] : []),
    ];
    if (parts.length > 0) return { what: `effects ${parts.join(", and ")}`, lacks: missing.length > 0 };
  }
  return { what: `effects are ${shortened(effects)}, but should be ${shortened(known)}`, lacks: false };
}

function without(all: readonly unknown[], others: readonly unknown[]): readonly unknown[] {
  const left = [...others];
  return all.filter((each) => {
    const at = left.findIndex((other) => isDeepStrictEqual(each, other));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

const MOST_CHARACTERS = 1_000;

function shortened(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}… (${text.length} characters)` : text;
}

const lost: Interruption = async (call) => {
  await call();
  throw new TaskFailure("Lost", "the answer was lost");
};

/** The process dies at a write: later writes do not reach the table. */
function crashed(
  tables: readonly MemoryTable[],
  { write, at }: { readonly write: number; readonly at: "before" | "after" },
  call: () => Promise<unknown>,
): Promise<unknown> {
  let count = 0;
  let dead = false;
  const watch = (when: "before" | "after") => {
    if (!dead && when === "before") count++;
    dead ||= count === write && when === at;
    if (dead) throw new TaskFailure("Crashed", "");
  };
  return watchingWrites(tables, watch, async () => {
    const answer = await call();
    // An answer after its death reaches nobody.
    if (dead) throw new TaskFailure("Crashed", "");
    return answer;
  });
}

function checked({ saga, kind, interruption }: Call, turn: number, outcome: Outcome): CheckedCall {
  const came = "error" in outcome ? { error: outcome.error } : { answer: outcome.answer };
  return Object.freeze({ saga, did: kind, turn, ...(interruption !== undefined && { interruption }), ...came });
}

/** The violations by their cause: those whose last call does the same. The one with the fewest calls is first. */
function byCause(violations: readonly ContractViolation[]): readonly (readonly ContractViolation[])[] {
  const causes = new Map<string, ContractViolation[]>();
  for (const violation of [...violations].sort((one, other) => one.calls.length - other.calls.length)) {
    const last = violation.calls.at(-1)?.did;
    // Each sequence has another row, and so other numbers.
    const cause = `${last}: ${violation.what.replace(/\d+/g, "0")}`;
    causes.set(cause, [...(causes.get(cause) ?? []), violation]);
  }
  return [...causes.values()];
}

function described([first, ...others]: readonly ContractViolation[]): string {
  if (!first) return "";
  const lines = first.calls.map(({ saga, did, turn, interruption, answer, error }) => {
    const came = error === undefined ? `returns ${JSON.stringify(answer ?? null)}` : `fails: ${error}`;
    const midway = interruption === undefined ? "" : ` (${interruption})`;
    return `    ${turn}. saga ${saga}: ${did}${midway} ${came}`;
  });
  const also = others.map(({ sentence }) => `    also broken in this way: ${sentence}`);
  return [`  ${first.sentence}`, ...lines, `    → ${first.what}`, ...also].join("\n");
}
