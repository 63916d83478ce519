import type { ExecutionOutcome } from "../../../asl/outcome";
import type { SagaVerdict } from "../wire";
import { type Look, Mark } from "./mark";

const OUTCOMES: Readonly<Record<ExecutionOutcome, Look>> = {
  running: "in progress",
  completed: "done",
  compensated: "undone",
  stuck: "stuck",
  aborted: "aborted",
  "timed out": "aborted",
};

export const OutcomeMark = ({ outcome }: { readonly outcome: ExecutionOutcome }) => (
  <Mark look={OUTCOMES[outcome]}>{outcome}</Mark>
);

const VERDICTS: Readonly<Record<SagaVerdict["status"], Look>> = {
  sound: "done",
  unsound: "failed",
  "not proved": "in doubt",
  "only undos": "undone",
};

export const VerdictMark = ({ status }: { readonly status: SagaVerdict["status"] }) => (
  <Mark look={VERDICTS[status]}>{status}</Mark>
);
