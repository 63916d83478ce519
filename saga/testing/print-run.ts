import { messageOf } from "./message";
import type { SagaCall, SagaRun } from "./run";

/** What happened in a run: its outcome, and a line for each call. */
export function textOfRun(
  { outcome, status, error, stuckAt, waitingFor, calls }: SagaRun,
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

function came({ attempt, mishap, error, cause, answer }: SagaCall): string {
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
