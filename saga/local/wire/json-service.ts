import { AwsError } from "../aws-error";
import { checkRequest } from "../request-shape";
import type { Action, Actions } from "../step-functions/action";
import { type Handler, jsonOf, type Refusal, unknownOperation, type WireRequest } from "./message";

export interface JsonService {
  readonly actions: Actions;
  readonly version: "1.0" | "1.1";
  /** As IAM names the service: `states`. */
  readonly service: string;
  readonly refuse: Refusal;
  /** Once all that has happened will be there after this process. */
  readonly durable?: (() => Promise<void>) | undefined;
}

/** Answers requests of a service that speaks AWS JSON: the target's name says the action. */
export function jsonService({ actions, version, service, refuse, durable }: JsonService): Handler {
  return async (request) => {
    const [name, action] = actionOf(actions, request);
    const asked = checkRequest(action.shape, jsonOf(request));
    const why = await refuse(request, `${service}:${name}`, action.resource(asked));
    if (why !== undefined) throw new AwsError("AccessDeniedException", why);
    const answer = await action.act(asked);
    // Whoever is told of something finds it there, whatever becomes of this process.
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
