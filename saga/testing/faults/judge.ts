import { isDeepStrictEqual } from "node:util";
import type { ExecutionResult } from "../../interpreter";
import { type Outcome, outcomeOf } from "../../asl/outcome";
import type { Row } from "../../local/dynamodb/table";
import { anonymous, type Content, differing, leavesOf, SELF, unlike } from "./content";
import { flawsOfCalls } from "./effects";
import type { Message } from "../../local/services/outbox";
import { statesOf, type Tried } from "./trial";

/** The attribute and the value that mark a row as undone. */
export interface Undone {
  readonly attribute: string;
  readonly value: string;
}

/** The mark of the store of `saga-aws-pulumi`. */
export const UNDONE: Undone = { attribute: "status", value: "UNDONE" };

/** The results of a setting's executions without a fault. Its scenarios are compared with them. */
export class Reference {
  readonly outcome: Outcome;
  /** Of the first execution. */
  private readonly image: Image;
  /** Tables whose rows have different keys in each execution. */
  private readonly shuffled: ReadonlySet<string>;
  /** Paths at which the values differ between executions. */
  private readonly varying: ReadonlySet<string>;
  /** Paths of values that vary, but that are always the same in the output and in a row. */
  private readonly told: readonly (readonly [output: string, row: string])[];

  /** @param runs Several executions, some time apart, so that they show what varies: an id, a time. */
  constructor(runs: readonly Tried[]) {
    const [first, ...others] = runs as readonly [Tried, ...Tried[]];
    this.outcome = outcomeOf(first.result);
    const keysOf = (tried: Tried) => imageOf(tried, new Set()).rows;
    this.shuffled = new Set(
      others.flatMap((other) => differing(keysOnly(keysOf(first)), keysOnly(keysOf(other))).map(tableOf)),
    );
    const images = runs.map((run) => imageOf(run, this.shuffled));
    this.image = images[0] as Image;
    this.varying = unlike(images.map(({ rows, output }) => ({ rows: Object.fromEntries(rows), output })));
    const leaves = images.map(({ rows, output }) => ({
      rows: leavesOf(Object.fromEntries(rows)),
      output: leavesOf(output),
    }));
    this.told = [...leavesOf(this.image.output)].flatMap(([output, value]) =>
      typeof value === "string" && this.varying.has(`.output${output}`)
        ? [...leavesOf(Object.fromEntries(this.image.rows)).keys()].flatMap((row) =>
            leaves.every((each) => each.output.get(output) === each.rows.get(row)) ? [[output, row] as const] : [],
          )
        : [],
    );
  }

  /** Which effects of a completed execution are missing, different, or unexpected. */
  flawsOfCompleted(tried: Tried): readonly string[] {
    const { rows, output, messages } = imageOf(tried, this.shuffled);
    const wanted = this.image;
    const flaws = [...new Set([...wanted.rows.keys(), ...rows.keys()])].flatMap((key) => {
      if (!wanted.rows.has(key)) return [`completed, but ${key} has changed, unlike without a fault`];
      const [was, is] = [wanted.rows.get(key), rows.get(key)];
      if (!rows.has(key)) return [`completed, but ${key} is as it was before the saga`];
      if (was && !is) return [`completed, but ${key} is gone`];
      if (!was && is) return [`completed, but ${key} is still there`];
      const others = this.others(was, is, `.rows.${key}`).map((path) => path.split(".")[1] as string);
      return others.length > 0
        ? [`completed, but in ${key} this differs from a run without a fault: ${list(others)}`]
        : [];
    });
    const answer = this.others(wanted.output, output, ".output").map((path) => path.slice(1));
    const leaves = { output: leavesOf(output), rows: leavesOf(Object.fromEntries(rows)) };
    const untrue = this.told.some(([one, other]) => leaves.output.get(one) !== leaves.rows.get(other));
    return [
      ...flaws,
      ...(answer.length > 0
        ? [`completed, but in the output this differs from a run without a fault: ${list(answer)}`]
        : []),
      ...(untrue ? ["the output differs from what is stored"] : []),
      // Each message at least once: a repeated call may send it again.
      ...wanted.messages
        .filter((each) => !messages.includes(each))
        .map((each) => `completed, but there was no ${each}`),
      ...messages.filter((each) => !wanted.messages.includes(each)).map((each) => `completed, but there was ${each}`),
    ];
  }

  /** The paths at which two values differ, but should not. A value that varies must still be there. */
  private others(one: unknown, other: unknown, at: string): readonly string[] {
    const [ones, others] = [leavesOf(one), leavesOf(other)];
    return [...unlike([one, other])].filter(
      (path) => !this.varying.has(`${at}${path}`) || !ones.has(path) || !others.has(path),
    );
  }
}

const list = (names: readonly string[]): string => [...new Set(names)].join(", ");
const tableOf = (key: string): string => key.split(" ")[0] as string;
const keysOnly = (rows: Image["rows"]): Content => new Map([...rows.keys()].map((key) => [key, {}]));

/** What an execution leaves, without its own ARN. */
interface Image {
  /** The rows that it changed; undefined for a row that it deleted. */
  readonly rows: ReadonlyMap<string, Row | undefined>;
  readonly output: unknown;
  readonly messages: readonly string[];
}

function imageOf({ before, after, saga, tokens, result, sent }: Tried, shuffled: ReadonlySet<string>): Image {
  const marks = { saga, tokens };
  const changed = differing(before, after).map(
    (key) => [anonymous(key, marks) as string, anonymous(after.get(key), marks) as Row | undefined] as const,
  );
  // Keys that differ in each execution can't be compared: these rows are numbered, in the order of their other values.
  const numbers = new Map<string, number>();
  const orderOf = ([key, row]: (typeof changed)[number]): string =>
    shuffled.has(tableOf(key)) ? JSON.stringify([Object.keys(row ?? {}), row ?? null]) : key;
  const rows = [...changed]
    .sort((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1))
    .map(([key, row]) => {
      const table = tableOf(key);
      if (!shuffled.has(table)) return [key, row] as const;
      numbers.set(table, (numbers.get(table) ?? 0) + 1);
      return [`${table} row ${numbers.get(table) as number}`, row] as const;
    });
  return { rows: new Map(rows), output: anonymous(result.output ?? null, marks), messages: sent.map(kindOfMessage) };
}

/** A message without its text, which may vary. */
const kindOfMessage = ({ from, action }: Message): string => `${action} of ${from}`;

/**
 * What is wrong with the rows after a compensated execution: it may leave only the rows from before, and tombstones.
 */
function flawsOfCompensated({ before, after, saga }: Tried, undone: Undone): readonly string[] {
  const dead = (row: Row | undefined): boolean => row?.[undone.attribute] === undone.value;
  return differing(before, after).flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    const named = key.replaceAll(saga, SELF);
    if (was && !dead(was) && is && isDeepStrictEqual(withoutMarks(is, saga), withoutMarks(was, saga))) return [];
    if (was && !dead(was)) return [`compensated, but ${named} is not as it was before the saga`];
    if (!is) return [`compensated, but ${named} is gone, a tombstone from before`];
    if (!dead(is)) return [`compensated, but ${named} is still there, and not undone`];
    const forgotten = was && Object.keys(was).filter((name) => !keeps(was[name], is[name]));
    return forgotten && forgotten.length > 0
      ? [`compensated, but ${named} has lost some of its ${forgotten.join(", ")}`]
      : [];
  });
}

/** A row without a saga's ARN in its sets: an undo may record the saga on another saga's row. */
const withoutMarks = (row: Row, saga: string): Row =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => {
      if (!Array.isArray(value)) return [[name, value]];
      const others = value.filter((each) => each !== saga);
      return others.length > 0 ? [[name, others]] : [];
    }),
  );

/** Whether a set, such as the sagas that have undone a row, has lost nothing. */
const keeps = (was: unknown, is: unknown): boolean =>
  !Array.isArray(was) || (Array.isArray(is) && was.every((each) => is.some((one) => isDeepStrictEqual(one, each))));

export interface JudgeOptions {
  readonly reference: Reference;
  readonly undoable: ReadonlySet<string>;
  readonly undone: Undone;
}

/** What is wrong with the rows and the result of a scenario, once all its calls have ended. */
export function judge(tried: Tried, { reference, undoable, undone }: JudgeOptions): readonly string[] {
  const { result, idle, deadTokens } = tried;
  const outcome = outcomeOf(result);
  const never = idle.map(({ state, kind }) => `${state} made no call for the fault '${kind.name}'`);
  if (outcome === "stuck") {
    return [`ended ${result.status} ${result.error ?? ""}, neither completed nor compensated`, ...deadTokens, ...never];
  }
  const rows =
    outcome === "compensated"
      ? [...flawsOfCompensated(tried, undone), ...flawsOfCause(result, statesOf(tried))]
      : reference.outcome === "completed"
        ? reference.flawsOfCompleted(tried)
        : ["completed, but without a fault it does not complete"];
  return [...rows, ...flawsOfCalls(tried, outcome, undoable), ...deadTokens, ...never];
}

/** The cause of a compensated execution must name the step that failed (S6). */
function flawsOfCause({ cause }: ExecutionResult, states: readonly string[]): readonly string[] {
  const { step } = JSON.parse(cause ?? "{}") as { readonly step?: string };
  return step !== undefined && states.includes(step)
    ? []
    : [`the cause names the step ${step ?? "(none)"}, which was never called`];
}
