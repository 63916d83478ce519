import { AwsError } from "../aws-error";
import { checkRequest } from "../request-shape";
import type { Action, Actions } from "../step-functions/action";
import { type Handler, jsonOf, type Refusal, unknownOperation, type WireRequest } from "./message";

export interface JsonService {
  readonly actions: Actions;
  readonly version: "1.0" | "1.1";
  /** The service's name in IAM: `states`. */
  readonly service: string;
  readonly refuse: Refusal;
  /** Whether a function of the program makes a request. By default, none does. */
  readonly isByProgram?: (request: WireRequest) => boolean;
  /** Resolves once everything so far is written to the data folder. */
  readonly durable?: (() => Promise<void>) | undefined;
}

/** Answers the requests of a service with the AWS JSON protocol. The target header names the action. */
export function jsonService({
  actions,
  version,
  service,
  refuse,
  isByProgram = () => false,
  durable,
}: JsonService): Handler {
  return async (request) => {
    const [name, action] = actionOf(actions, request);
    const asked = checkRequest(action.shape, jsonOf(request));
    const why = await refuse(request, `${service}:${name}`, action.resource(asked));
    if (why !== undefined) throw new AwsError("AccessDeniedException", why);
    const answer = await action.act(asked, isByProgram(request));
    // A client that has the response must find its effect again, even after a crash of this process.
    await durable?.();
    return {
      status: 200,
      headers: { "Content-Type": `application/x-amz-json-${version}` },
      body: JSON.stringify(answer),
    };
  };
}

function actionOf(actions: Actions, { headers }: WireRequest): readonly [name: string, action: Action] {
  const name = String(headers["x-amz-target"]).replace(/^[^.]*\./, "");
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action) throw unknownOperation();
  return [name, action];
}
