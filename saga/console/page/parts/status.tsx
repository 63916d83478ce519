import type { Outcome } from "../../../control/story";
import type { SagaVerdict, Status } from "../wire";
import { type Look, Mark } from "./mark";

const STATUSES: Readonly<Record<Status, readonly [Look, string]>> = {
  RUNNING: ["in progress", "running"],
  SUCCEEDED: ["done", "completed"],
  FAILED: ["stuck", "stuck"],
  ABORTED: ["aborted", "aborted"],
  TIMED_OUT: ["aborted", "timed out"],
  PENDING_REDRIVE: ["waiting", "pending redrive"],
};

/** How an execution stands or has ended, as far as Step Functions' status and error tell (S6). */
export function StatusMark({ status, error }: { readonly status: Status; readonly error?: string | undefined }) {
  const [look, text] =
    status === "FAILED" && error === "SagaCompensated" ? (["undone", "compensated"] as const) : STATUSES[status];
  return <Mark look={look}>{text}</Mark>;
}

const OUTCOMES: Readonly<Record<Outcome, Look>> = {
  running: "in progress",
  completed: "done",
  compensated: "undone",
  stuck: "stuck",
  aborted: "aborted",
  "timed out": "aborted",
};

/** How a saga stands or has ended. */
export const OutcomeMark = ({ outcome }: { readonly outcome: Outcome }) => (
  <Mark look={OUTCOMES[outcome]}>{outcome}</Mark>
);

const VERDICTS: Readonly<Record<SagaVerdict["status"], Look>> = {
  sound: "done",
  unsound: "failed",
  "not proved": "in doubt",
};

export const VerdictMark = ({ status }: { readonly status: SagaVerdict["status"] }) => (
  <Mark look={VERDICTS[status]}>{status}</Mark>
);
