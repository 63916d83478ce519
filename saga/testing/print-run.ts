import { messageOf } from "./message";

/** The part of a `SagaRun` that its text contains. */
interface Run {
  readonly outcome: string;
  readonly status: string;
  readonly error: string | undefined;
  readonly stuckAt: string | undefined;
  readonly waitingFor: readonly string[];
  readonly calls: readonly Call[];
}

/** The part of a `SagaCall` that its line contains. */
interface Call {
  readonly step: string;
  readonly attempt: number;
  readonly mishap?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly answer?: unknown;
}

/** What happened in a run: its outcome, and a line for each call. */
export function textOfRun(
  { outcome, status, error, stuckAt, waitingFor, calls }: Run,
  { saga }: { readonly saga: string },
): string {
  const how = [
    `${saga}: ${outcome}`,
    status,
    ...(error === undefined ? [] : [error]),
    ...(stuckAt === undefined ? [] : [`at ${stuckAt}`]),
    ...(waitingFor.length === 0 ? [] : [`waits for ${waitingFor.join(", ")}`]),
  ].join(" ");
  const width = Math.max(...calls.map(({ step }) => step.length), 0);
  return [how, ...calls.map((call) => `  ${call.step.padEnd(width)}  ${shortened(came(call))}`)].join("\n");
}

function came({ attempt, mishap, error, cause, answer }: Call): string {
  const parts = [
    ...(attempt > 0 ? [`retry ${attempt}`] : []),
    ...(mishap === undefined ? [] : [`the call ${mishap}`]),
    ...(error === undefined ? [] : [`the task fails: ${[error, messageOf({ cause })].filter(Boolean).join(": ")}`]),
    ...(answer === undefined ? [] : [`the task answers ${JSON.stringify(answer)}`]),
  ];
  return parts.length === 0 ? "not answered" : parts.join("; ");
}

const MOST = 200;
const shortened = (text: string): string => (text.length <= MOST ? text : `${text.slice(0, MOST)}…`);
