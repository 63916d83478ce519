import type { Violation } from "../../../verify/rules";
import type { SagaEntry } from "../wire";
export const Counterexample = (_: { saga: SagaEntry; violation: Violation; onClose: () => void }) => null;
