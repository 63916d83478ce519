import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { AwsError } from "../aws-error";
import type { Actions } from "../step-functions/actions";
import { withoutQualifier } from "../step-functions/arns";
import { type Refuse, serve, type Served } from "./loopback";

/** Step Functions on the loopback interface: AWS JSON 1.0, of which the target's name says the action. */
export function startStepFunctionsApi(
  actions: Actions,
  refuse: Refuse,
  durable: () => Promise<void> = () => Promise.resolve(),
): Promise<Served> {
  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const action = String(incoming.headers["x-amz-target"]).replace("AWSStepFunctions.", "");
    const [status, body] = await text(incoming)
      .then(async (json) => {
        const act = actions[action];
        if (!act) throw new AwsError("UnknownOperationException", `there is no ${action} on this machine`);
        const request = JSON.parse(json) as Readonly<Record<string, string | number | undefined>>;
        const { executionArn: execution, stateMachineArn: machine } = request;
        const resource = execution ?? withoutQualifier(String(machine));
        const why = await refuse(incoming, `states:${action}`, String(resource));
        if (why !== undefined) throw new AwsError("AccessDeniedException", why);
        const answered = act(request);
        // Whoever is told of something finds it there, whatever becomes of this process.
        await durable();
        return [200, answered] as const;
      })
      .catch((error: unknown) => {
        const { name, message } = error as Error;
        return [error instanceof AwsError ? 400 : 500, { __type: name, message }] as const;
      });
    const headers = { "Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": randomUUID() };
    outgoing.writeHead(status, headers).end(JSON.stringify(body));
  }
  return serve(answer);
}
