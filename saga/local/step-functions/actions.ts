import type { Place } from "../place";
import type { Actions } from "./action";
import { executionActions } from "./execution-actions";
import { machineActions } from "./machine-actions";
import type { StepFunctions } from "./service";
import { type CallTask, testStateAction } from "./test-state-action";

/**
 * The actions of the service's API, by their names.
 * @param place Where machines are created.
 * @param call Calls what a Task calls that is tested alone.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
 */
export const actionsOf = (service: StepFunctions, place: () => Place, call: CallTask): Actions => ({
  ...machineActions(service, place),
  ...executionActions(service),
  ...testStateAction(call),
});
