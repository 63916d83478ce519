import type { Place } from "../place";
import type { Actions } from "./action";
import { executionActions } from "./execution-actions";
import { machineActions } from "./machine-actions";
import type { StepFunctions } from "./service";
import { type CallTask, testStateAction } from "./test-state-action";

/**
 * The actions of the service's API, by their names.
 * @param place The region and the account of new machines.
 * @param call Makes the call of a Task that TestState tests.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
 */
export const actionsOf = (service: StepFunctions, place: () => Place, call: CallTask): Actions => ({
  ...machineActions(service, place),
  ...executionActions(service),
  ...testStateAction(call),
});
