import type { ExecutionOutcome } from "../asl/outcome";
import { textOf } from "../control/failure";
import type { Entry } from "../control/ledger";
import { statusAt, type Story, triesOf, type Visit, type VisitStatus } from "../control/story";
import type { Examined } from "./examined";
import { beginningOf, columns, legible, LOOK, paint, type Style, wrap } from "./print";

const DID: Readonly<Record<VisitStatus, keyof typeof LOOK | "aborted" | "runs">> = {
  "in progress": "runs",
  waiting: "waits",
  done: "done",
  failed: "failed",
  undone: "undone",
  stuck: "stuck",
  aborted: "aborted",
};
const LOOKS = {
  ...LOOK,
  aborted: { mark: "■", style: "red" },
  runs: { mark: "…", style: "cyan" },
} as const satisfies Readonly<Record<string, { readonly mark: string; readonly style: Style }>>;

const OUTCOME: Readonly<Record<ExecutionOutcome, { readonly mark: string; readonly style: Style }>> = {
  running: { mark: "…", style: "cyan" },
  completed: { mark: "✔", style: "green" },
  compensated: { mark: "↩", style: "yellow" },
  stuck: { mark: "■", style: "red" },
  aborted: { mark: "■", style: "red" },
  "timed out": { mark: "■", style: "red" },
};

/** An outcome with its mark, as wide as the longest. */
export const outcomeShown = (outcome: ExecutionOutcome): string =>
  paint(OUTCOME[outcome].style, `${OUTCOME[outcome].mark} ${outcome.padEnd(11)}`);

const STANDS: Readonly<Record<Entry["status"], Style>> = {
  "not begun": "dim",
  "in progress": "cyan",
  "in doubt": "red",
  refused: "dim",
  live: "green",
  confirmed: "green",
  released: "dim",
  undone: "yellow",
  tombstoned: "yellow",
};

/** A duration for a person: about two digits, and the unit. */
export function elapsed(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A time in UTC, as the service has it. */
export const at = (milliseconds: number): string =>
  `${new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** The states that are printed: Tasks and Waits, and other states in which something went wrong. */
const printedStates = (story: Story): readonly (readonly [Visit, VisitStatus])[] =>
  story.path.flatMap((visit) => {
    const status = statusAt(story, visit, Infinity);
    if (status === undefined) return [];
    const calls = visit.type === "Task" || visit.type === "Wait";
    const wrong = (status === "stuck" || status === "failed") && visit.error !== undefined;
    return calls || wrong ? [[visit, status] as const] : [];
  });

/** One line for each state, as a local run prints it, with its tries and its duration. */
export function pathLines(story: Story): readonly string[] {
  return printedStates(story).flatMap(([visit, status]) => {
    const did = visit.type === "Wait" && status === "done" ? "waited" : DID[status];
    const { mark, style } = LOOKS[did];
    const { started, ended, error, instance } = visit;
    const tries = triesOf(visit).length;
    const took = ended === undefined ? "" : elapsed(ended - started);
    const note = [tries > 1 ? `${tries} tries` : "", took].filter((part) => part !== "").join("  ");
    const name = legible(instance);
    const gap = Math.max(2, Math.min(columns(), 80) - 12 - name.length - note.length);
    const line = `  ${paint(style, `${mark} ${did.padEnd(7)}`)} ${name}${note === "" ? "" : `${" ".repeat(gap)}${paint("dim", note)}`}`;
    return error === undefined || status === "done" || status === "undone"
      ? [line]
      : [line, ...wrap("           ", beginningOf(textOf(error)))];
  });
}

/** How it has ended, with the status of Step Functions. */
export function outcomeLine({ outcome, error, cause, turns }: Story): readonly string[] {
  const redrives = turns.filter((turn) => turn.outcome === "running").length - 1;
  const status = {
    completed: "SUCCEEDED",
    compensated: "FAILED",
    stuck: "FAILED",
    running: "RUNNING",
    aborted: "ABORTED",
    "timed out": "TIMED_OUT",
  }[outcome];
  const why = error === undefined ? "" : ` ${legible(error)}`;
  const times = redrives > 0 ? `  (redriven${redrives > 1 ? ` ${redrives} times` : ""})` : "";
  const line = `  ${paint(OUTCOME[outcome].style, outcome)}  ${status}${why}${times}`;
  // The failure of a compensated saga is printed at the state that failed.
  return outcome === "aborted" && cause !== undefined ? [line, ...wrap("           ", beginningOf(cause))] : [line];
}

/** The effect of each step. */
export function ledgerLines(ledger: readonly Entry[]): readonly string[] {
  const width = Math.min(32, Math.max(...ledger.map(({ instance }) => instance.length), 0));
  return ledger.flatMap((entry) => {
    const { instance, status } = entry;
    const [first = "", ...rest] = wrap(`${status.padEnd(11)}  ${legible(instance).padEnd(width)}  `, noteOn(entry));
    return [`  ${paint(STANDS[status], status)}${first.slice(2 + status.length)}`, ...rest];
  });
}

function noteOn({ status, undo, error }: Entry): string {
  if (undo?.status === "failed")
    return `${undo.state} has failed${undo.error ? ` (${undo.error.error})` : ""}, and may have undone it`;
  if (undo?.status === "in progress") return `${undo.state} is undoing it`;
  switch (status) {
    case "in doubt":
      return error
        ? `${error.error}: it may have taken effect, or may still do so`
        : "interrupted: it may have taken effect, or may still do so";
    case "refused":
      return `${error?.error ?? "refused"}: nothing has happened`;
    case "undone":
      return undo ? `by ${undo.state}` : "by itself";
    case "tombstoned":
      return `by ${undo?.state ?? "its undo"}: if it comes later, it is refused`;
    default:
      return "";
  }
}

/** What to do, and the command that does it. The command is on one line, so that it can be copied. */
export function adviceLines({ advice }: Pick<Examined, "advice">): readonly string[] {
  const { text, command } = advice;
  return [
    ...wrap("do       ", text),
    ...(command === undefined ? [] : [`           ${paint("bold", legible(command))}`]),
  ];
}
