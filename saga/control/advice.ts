import { type Entry, isOutstanding } from "./ledger";
import { type Failure, statusAt, type Story, type Visit } from "./story";

/** What somebody should do about an execution, and the command that does it. */
export interface Advice {
  /**
   * `redrive` goes on where it stands; `mend` asks for something to be mended before that; `recover` undoes from outside;
   * `answer` is waited for; `wait` and `nothing` need nobody.
   */
  readonly do: "nothing" | "wait" | "answer" | "redrive" | "mend" | "recover";
  readonly text: string;
  readonly command?: string;
}

/** Where a command finds the execution. */
export interface CommandTarget {
  /** What to type to run this command: `npx saga`, unless said. */
  readonly command?: string;
  /** What says where the execution is, such as `--stack prod`. */
  readonly options?: string;
  /** The ARN, or a name that is found there. */
  readonly execution?: string;
}

/** What is known of an execution beside its history. */
export interface Known {
  /** Of the execution that recovers it: how that one stands. */
  readonly recovery?: { readonly arn: string; readonly outcome: Story["outcome"] } | undefined;
  /** Whether Step Functions redrives it: it refuses after 14 days. */
  readonly redrivable?: boolean | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: number | undefined;
}

/** So long an execution can be redriven after its end. */
const REDRIVABLE_DAYS = 14;
const DAY = 86_400_000;

/** What to do about an execution as it stands at the end of its history. */
export function adviceOf({
  story,
  ledger,
  target = {},
  known = {},
}: {
  readonly story: Story;
  readonly ledger: readonly Entry[];
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
        ? { do: "nothing", text: "Nothing: it has completed, and every effect stands." }
        : { do: "nothing", text: "Nothing: it has undone what the execution that it recovers may have done." };
    case "compensated":
      return { do: "nothing", text: "Nothing: whatever it had done is undone." };
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

/** The states in which it stands, innermost alone. */
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
          ? `It ended in ${fail.state}, a Fail: a redrive would only fail there again. What stands must be dealt with by hand.`
          : `It failed as a whole${story.error === undefined ? "" : `, with ${story.error}`}. Mend that first; then redrive it.`,
      ...(fail?.type !== "Fail" && { command: command("redrive") }),
    };
  }
  const names = all.map(({ instance }) => instance).join(" and ");
  const why =
    first.error === undefined
      ? ""
      : ` (${[first.error.error, messageOf(first.error)].filter((part) => part !== "").join(": ")})`;
  if (!isRedrivable(story, known)) {
    return {
      do: "recover",
      text: `${names} failed, and the execution can't be redriven any more: the stack's recovery undoes it.`,
    };
  }
  return {
    do: "mend",
    text: `Mend what keeps ${names} from succeeding${why}. Then redrive the execution: it goes on where it stands, with fresh retries.`,
    command: command("redrive"),
  };
}

function isRedrivable({ ended, events }: Story, { redrivable, now = Date.now() }: Known): boolean {
  if (redrivable !== undefined) return redrivable;
  return now - (ended ?? 0) < REDRIVABLE_DAYS * DAY && events.length < MOST_EVENTS;
}

/** An execution whose history is full can't be redriven. */
const MOST_EVENTS = 24_999;

function stopped(
  { story, ledger, known }: { story: Story; ledger: readonly Entry[]; known: Known },
  command: Command,
): Advice {
  const how = story.outcome === "aborted" ? "stopped" : "timed out";
  const { recovery } = known;
  if (recovery?.outcome === "completed") {
    return { do: "nothing", text: `Nothing: it was ${how}, and its recovery has undone what it may have done.` };
  }
  if (recovery?.outcome === "running") return { do: "wait", text: `Nothing: it was ${how}, and is being recovered.` };
  if (recovery) {
    return {
      do: "mend",
      text: `It was ${how}, and its recovery has failed. Look at that one.`,
      command: command("explain").replace(/ explain \S+/, ` explain ${recovery.arn}`),
    };
  }
  const pivot = ledger.find(({ role }) => role === "pivot");
  if (pivot?.status === "live" || pivot?.status === "confirmed") {
    return {
      do: "redrive",
      text: `It was ${how} after ${pivot.step} had succeeded, its point of no return: it can only go forward. The stack's recovery redrives it, or you do.`,
      command: command("redrive"),
    };
  }
  const outstanding = ledger.filter(isOutstanding);
  if (outstanding.length === 0) return { do: "nothing", text: `Nothing: it was ${how} before anything took effect.` };
  return {
    do: "recover",
    text: `It was ${how}, and nothing in it runs any more. The stack's recovery undoes it within minutes, unless the program says onAbort: ignore; until then ${outstanding.map(({ instance }) => instance).join(", ")} may stand. Whether it has:`,
    command: command("explain"),
  };
}

/** What a person wants of a cause: of Lambda's JSON its message. */
export function messageOf({ cause = "" }: Failure): string {
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: unknown };
    return typeof errorMessage === "string" ? errorMessage : cause;
  } catch {
    return cause;
  }
}

/** An argument as a shell takes it. */
const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
