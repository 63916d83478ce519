import { runSimulation } from "@cloud-copilot/iam-simulate";
import type { Program, Resource } from "../program";

/** Who makes a request: a session of a role. */
export interface Caller {
  readonly roleArn: string;
  /** As the service names it: Lambda by the function, Step Functions at random. */
  readonly session: string;
}

/**
 * Says why a caller may not do something, in the words of AWS; undefined where it may.
 * @param action `dynamodb:UpdateItem`
 * @param resource The ARN of what it is done to; `*` for an action that knows no resources.
 */
export type Authorize = (caller: Caller, action: string, resource: string) => Promise<string | undefined>;

/**
 * Evaluates requests against the policies of the program's roles. The policies are read at each request, as IAM
 * does: one that changes takes effect.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function authorizer({ resources }: Program): Authorize {
  const decisions = new Map<string, Promise<Decision>>();
  return async (caller, action, resource) => {
    const role = resources.find(({ type, arn }) => type === "aws:iam/role:Role" && arn === caller.roleArn);
    if (!role) throw new Error(`the program registers no role ${caller.roleArn}`);
    const policies = policiesOf(role, resources);
    // What decides is the text of the policies, so nothing that is kept can be out of date.
    const key = JSON.stringify([action, resource, ...policies]);
    const decision = decisions.get(key) ?? decide(role, policies, action, resource);
    decisions.set(key, decision);
    const why = WHY[await decision];
    if (why === undefined) return undefined;
    const user = `${caller.roleArn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")}/${caller.session}`;
    return `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${why(action)}`;
  };
}

type Decision = "Allowed" | "ImplicitlyDenied" | "ExplicitlyDenied";

const WHY: Readonly<Record<Decision, ((action: string) => string) | undefined>> = {
  Allowed: undefined,
  ImplicitlyDenied: (action) => `because no identity-based policy allows the ${action} action`,
  ExplicitlyDenied: () => "with an explicit deny in an identity-based policy",
};

/** The texts of the policies that stand in a role, and of those of the program's that are attached to it. */
function policiesOf(role: Resource, resources: readonly Resource[]): readonly string[] {
  return resources
    .filter(({ inputs }) => inputs["role"] === role.physicalName)
    .flatMap(({ type, inputs }) => {
      if (type === "aws:iam/rolePolicy:RolePolicy") return [inputs["policy"] as string];
      if (type !== "aws:iam/rolePolicyAttachment:RolePolicyAttachment") return [];
      return resources
        .filter(({ arn }) => arn === inputs["policyArn"])
        .map((policy) => policy.inputs["policy"] as string);
    });
}

async function decide(
  role: Resource,
  policies: readonly string[],
  action: string,
  resource: string,
): Promise<Decision> {
  const principal = role.arn as string;
  const result = await runSimulation(
    {
      request: {
        principal,
        action,
        resource: { resource, accountId: principal.split(":")[4] as string },
        contextVariables: {},
      },
      identityPolicies: policies.map((text, at) => ({
        name: `${role.name}-${at}`,
        policy: JSON.parse(text) as object,
      })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (result.resultType !== "error") return result.overallResult;
  throw new Error(
    `whether '${role.name}' may ${action} on ${resource} can't be told: ${JSON.stringify(result.errors)}`,
  );
}
