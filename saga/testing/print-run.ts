import { messageOf } from "./message";

interface PrintedCall {
  readonly step: string;
  readonly attempt: number;
  readonly mishap?: string;
  readonly answer?: unknown;
  readonly error?: string;
  readonly cause?: string;
}

interface PrintedRun {
  readonly outcome: string;
  readonly status: string;
  readonly error: string | undefined;
  readonly stuckAt: string | undefined;
  readonly waitingFor: readonly string[];
  readonly calls: readonly PrintedCall[];
}

/** What happened in a run: its outcome, and a line for each call. */
export function textOfRun(
  { outcome, status, error, stuckAt, waitingFor, calls }: PrintedRun,
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

function came({ attempt, mishap, error, cause, answer }: PrintedCall): string {
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
