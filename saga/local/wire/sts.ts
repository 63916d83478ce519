import type { Caller } from "../iam/authorizer";
import type { Place } from "../place";
import { type Handler, queryAnswer, unknownOperation, type WireRequest } from "./message";

export const STS = "https://sts.amazonaws.com/doc/2011-06-15/";

export interface StsOptions {
  readonly place: () => Place;
  /** The calling function. Undefined for any other caller, which may do everything. */
  readonly callerOf: (request: WireRequest) => Caller | undefined;
}

/**
 * GetCallerIdentity. A caller that is not a function of the program is the root user of the account.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export const sts =
  ({ place, callerOf }: StsOptions): Handler =>
  // eslint-disable-next-line @typescript-eslint/require-await
  async (request) => {
    const action = new URLSearchParams(request.body.toString()).get("Action");
    if (action !== "GetCallerIdentity") throw unknownOperation();
    const caller = callerOf(request);
    const { account } = place();
    const identity = caller
      ? {
          Arn: `${caller.roleArn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")}/${caller.session}`,
          UserId: `${request.signer.accessKey.replace(/^ASIA/, "AROA")}:${caller.session}`,
        }
      : { Arn: `arn:aws:iam::${account}:root`, UserId: account };
    return queryAnswer(STS, { action, result: { ...identity, Account: account }, requestId: request.id });
  };
