import { shortened, textOf } from "./failure";
import { type Entry, isOutstanding } from "./ledger";
import { statusAt, type Story, type Visit } from "./story";

/** Advice on an execution: what to do, and the command that does it. */
export interface Advice {
  /**
   * - `redrive`: a redrive continues the execution where it stopped.
   * - `mend`: somebody must repair the cause, and then redrive.
   * - `recover`: the stack's recovery undoes the effects from outside the execution.
   * - `answer`: the execution waits for somebody's answer.
   * - `wait` and `nothing`: nobody has to act.
   */
  readonly do: "nothing" | "wait" | "answer" | "redrive" | "mend" | "recover";
  readonly text: string;
  readonly command?: string;
}

/** The parts of the suggested command. */
export interface CommandTarget {
  /** How the user runs this command line. Default: `npx saga`. */
  readonly command?: string;
  /** The options that select the place of the execution, such as `--stack prod`. */
  readonly options?: string;
  /** The ARN or the name of the execution. */
  readonly execution?: string;
}

/** Facts about an execution that its history does not contain. */
export interface Known {
  /** The execution that recovers this one. */
  readonly recovery?: { readonly arn: string; readonly outcome: Story["outcome"] } | undefined;
  /** Whether Step Functions would redrive it. It refuses 14 days after the end. */
  readonly redrivable?: boolean | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: number | undefined;
}

/**
 * Step Functions redrives an execution for this long after its end.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
 */
const REDRIVABLE_DAYS = 14;
const DAY = 86_400_000;

/** Why an execution should not be redriven that another one has recovered. */
export const whyNotRedrive = (recoveryArn: string): string =>
  `${recoveryArn} has recovered it: after a redrive, its next step would find a tombstone and fail, and it would be undone again`;

/** What to do about an execution, as of the end of its history. */
export function adviceOf({
  story,
  ledger,
  target = {},
  known = {},
}: {
  readonly story: Story;
  /** Undefined if no declaration says which call undoes which: then nothing is known of the effects. */
  readonly ledger: readonly Entry[] | undefined;
  readonly target?: CommandTarget;
  readonly known?: Known;
}): Advice {
  const command = (verb: string, ...rest: readonly string[]): string =>
    [target.command ?? "npx saga", verb, target.execution ?? "ARN", ...rest, target.options]
      .filter((part) => part !== undefined && part !== "")
      .join(" ");
  switch (story.outcome) {
    case "completed":
      return story.recovers === undefined
        ? { do: "nothing", text: `Nothing: it has completed${ledger ? ", and all its effects are live" : ""}.` }
        : { do: "nothing", text: "Nothing: it has undone the effects of the execution that it recovers." };
    case "compensated":
      return {
        do: "nothing",
        text: ledger
          ? "Nothing: all its effects are undone."
          : "Nothing: it has compensated. No declaration says which effects its undos have undone.",
      };
    case "running":
      return running(story, command);
    case "stuck":
      return stuck(story, known, command);
    case "aborted":
    case "timed out":
      return stopped({ story, ledger, known }, command);
  }
}

type Command = (verb: string, ...rest: readonly string[]) => string;

function running(story: Story, command: Command): Advice {
  const waits = story.path.filter((visit) => isWaitingForAnswer(story, visit));
  const [first] = waits;
  if (!first) return { do: "wait", text: "Nothing: it is running." };
  const states = waits.map(({ instance }) => instance);
  const which = states.length > 1 ? [`--state ${quoted(first.instance)}`] : [];
  return {
    do: "answer",
    text: `${states.join(" and ")} ${states.length > 1 ? "wait" : "waits"} for an answer.`,
    command: command("approve", "'{…}'", ...which),
  };
}

const isWaitingForAnswer = (story: Story, visit: Visit): boolean =>
  visit.type === "Task" && statusAt(story, visit, Infinity) === "waiting";

/** The states in which the execution is stuck. The Parallel and Map states around them are left out. */
export const stuckIn = (story: Story): readonly Visit[] => {
  const stuck = story.path.filter((visit) => statusAt(story, visit, Infinity) === "stuck");
  return stuck.filter((visit) => !stuck.some(({ within }) => isWithin(within, visit)));
};

const isWithin = (visit: Visit | undefined, outer: Visit): boolean =>
  visit !== undefined && (visit === outer || isWithin(visit.within, outer));

function stuck(story: Story, known: Known, command: Command): Advice {
  const all = stuckIn(story);
  const [first] = all;
  if (!first) {
    const fail = story.path.at(-1);
    return {
      do: "mend",
      text:
        fail?.type === "Fail"
          ? `It ended in the Fail state ${fail.state}: a redrive would fail there again. Undo its live effects by hand.`
          : `The execution itself failed${story.error === undefined ? "" : `, with ${story.error}`}. Repair the cause, then redrive it.`,
      ...(fail?.type !== "Fail" && { command: command("redrive") }),
    };
  }
  const names = all.map(({ instance }) => instance).join(" and ");
  const why = first.error === undefined ? "" : ` (${shortened(textOf(first.error), MOST_OF_WHY)})`;
  if (!isRedrivable(story, known)) {
    return {
      do: "recover",
      text: `${names} failed, and the execution can no longer be redriven. The stack's recovery undoes it.`,
    };
  }
  return {
    do: "mend",
    text: `Repair what makes ${names} fail${why}. Then redrive the execution: it continues where it stopped, with fresh retries.`,
    command: command("redrive"),
  };
}

/** The characters of a failure that advice quotes. The state itself has all of it. */
const MOST_OF_WHY = 200;

function isRedrivable({ ended, events }: Story, { redrivable, now = Date.now() }: Known): boolean {
  if (redrivable !== undefined) return redrivable;
  return now - (ended ?? 0) < REDRIVABLE_DAYS * DAY && events.length < MOST_EVENTS;
}

/** An execution whose history has this many events cannot be redriven. */
const MOST_EVENTS = 24_999;

function stopped(
  { story, ledger, known }: { story: Story; ledger: readonly Entry[] | undefined; known: Known },
  command: Command,
): Advice {
  const how = story.outcome === "aborted" ? "stopped" : "timed out";
  const { recovery } = known;
  if (recovery?.outcome === "completed") {
    return { do: "nothing", text: `Nothing: it was ${how}, and its recovery has undone its effects.` };
  }
  if (recovery?.outcome === "running") {
    return { do: "wait", text: `Nothing: it was ${how}, and its recovery is running.` };
  }
  if (recovery) {
    return {
      do: "mend",
      text: `It was ${how}, and its recovery has failed. Look at the recovery's execution.`,
      command: command("explain").replace(/ explain \S+/, ` explain ${recovery.arn}`),
    };
  }
  if (!ledger) {
    return {
      do: "recover",
      text: `It was ${how}, and will not continue by itself. No declaration says which of its effects may be live, or whether something recovers it. Look at its calls, or give a declaration with -d:`,
      command: command("explain", "-d", "@file.saga.json"),
    };
  }
  const pivot = ledger.find(({ role }) => role === "pivot");
  if (pivot?.status === "live" || pivot?.status === "confirmed") {
    return {
      do: "redrive",
      text: `It was ${how} after its point of no return, ${pivot.step}, had succeeded. It can only go forward. The stack's recovery redrives it, or you can.`,
      command: command("redrive"),
    };
  }
  const outstanding = ledger.filter(isOutstanding);
  if (outstanding.length === 0) return { do: "nothing", text: `Nothing: it was ${how} before anything took effect.` };
  return {
    do: "recover",
    text: `It was ${how}, and will not continue by itself. The stack's recovery undoes it within minutes, unless the program sets onAbort: ignore. Until then these effects may be live: ${outstanding.map(({ instance }) => instance).join(", ")}. To see whether it is recovered:`,
    command: command("explain"),
  };
}

/** An argument, quoted for a shell. */
const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
