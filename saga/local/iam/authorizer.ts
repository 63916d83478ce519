import { ACCOUNT, type Program, type Resource } from "../program";
import { ofType } from "../resources";
import { isUnknown, unknown } from "./answer";
import type { Context } from "./context";
import { evaluate, type Request, type Verdict } from "./evaluate";
import { PolicyNotUnderstood, readPolicy, type Statement } from "./policy";

/** The caller of a request: a session of a role. */
export interface Caller {
  readonly roleArn: string;
  /** The session's name. Lambda uses the function's name, and Step Functions 32 hexadecimal digits. */
  readonly session: string;
}

/**
 * Decides a request. Returns undefined if it is allowed, or the reason in AWS's words.
 * @param action For example `dynamodb:UpdateItem`.
 * @param resource The ARN of the resource; `*` for an action without resources.
 * @param context The condition keys of the service, in addition to those of every request.
 */
export type Authorize = (
  caller: Caller,
  action: string,
  resource: string,
  context?: Context,
) => Promise<string | undefined>;

/**
 * Evaluates requests against the current policies of the program's roles. Decisions that depend only on the action and
 * the resource are cached until a policy changes.
 *
 * An element of a policy that this machine does not understand never grants a permission. If the decision depends on
 * it, the request is refused, and the refusal names it.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function authorizer(program: Program): Authorize {
  const { resources } = program;
  const read = readingOnce();
  const sources = resources.filter(({ type }) => POLICIES.has(type)).map(({ inputs }) => inputs);
  let texts: readonly unknown[] = [];
  const roles = new Map<
    string,
    { readonly role: Resource; readonly decided: Map<string, string | undefined> | null }
  >();
  const known = (roleArn: string) => {
    const role = resources.find(({ type, arn }) => type === "aws:iam/role:Role" && arn === roleArn);
    if (!role) throw new Error(`the program registers no role ${roleArn}`);
    const found = { role, decided: isLasting(program, roleArn) ? new Map<string, string | undefined>() : null };
    roles.set(roleArn, found);
    return found;
  };
  // eslint-disable-next-line @typescript-eslint/require-await
  return async (caller, action, resource, context = {}) => {
    if (sources.some(({ policy }, at) => policy !== texts[at])) {
      texts = sources.map(({ policy }) => policy);
      roles.clear();
    }
    const { role, decided } = roles.get(caller.roleArn) ?? known(caller.roleArn);
    const asked = `${action} ${resource}`;
    const decide = (): string | undefined =>
      refusal(role, resources, { action, resource, context: { ...contextOf(role, resource), ...context } }, read);
    const why = decided?.has(asked) === true ? decided.get(asked) : decide();
    decided?.set(asked, why);
    if (why === undefined) return undefined;
    const user = `${caller.roleArn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")}/${caller.session}`;
    return `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
  };
}

/**
 * As `authorizer`, but a role that the program does not create may do everything, because its policies are not known.
 */
export function authorizerOfMadeRoles(program: Program): Authorize {
  const authorize = authorizer(program);
  const roles = ofType(program, "aws:iam/role:Role");
  const read = new Set(roles.flatMap(({ arn, existing }) => (existing ? [arn] : [])));
  return async (caller, ...asked) => {
    const isOurs = caller.roleArn.includes(`:${ACCOUNT}:`) && !read.has(caller.roleArn);
    return isOurs ? authorize(caller, ...asked) : undefined;
  };
}

/**
 * Whether decisions for a role depend only on the action and the resource: its policies and its boundary have no
 * conditions and no variables.
 */
export function isLasting({ resources }: Program, roleArn: string): boolean {
  const role = resources.find(({ type, arn }) => type === "aws:iam/role:Role" && arn === roleArn);
  if (!role) return false;
  const boundary = resources.find(({ arn }) => arn === role.inputs["permissionsBoundary"]);
  const texts = [...policiesOf(role, resources).policies, (boundary?.inputs["policy"] as string | undefined) ?? ""];
  return !texts.some((text) => /"Condition"|\$\{/.test(text));
}

const POLICIES: ReadonlySet<string> = new Set(["aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy"]);

type Read = (text: string) => readonly Statement[];

/** A reader that parses each policy text once. */
function readingOnce(): Read {
  const policies = new Map<string, readonly Statement[]>();
  return (text) => {
    const policy = policies.get(text) ?? readPolicy(text);
    policies.set(text, policy);
    return policy;
  };
}

/**
 * The reason why a role may not make a request, or undefined. A permissions boundary limits the policies, and grants
 * nothing itself.
 */
function refusal(role: Resource, resources: readonly Resource[], request: Request, read: Read): string | undefined {
  const { policies, unread } = policiesOf(role, resources);
  const ask = (texts: readonly string[], others: readonly string[]): Verdict => {
    try {
      return evaluate(texts.flatMap(read), request, others);
    } catch (error) {
      if (error instanceof PolicyNotUnderstood) return unknown(error.message);
      throw error;
    }
  };
  const why = reason(ask(policies, unread), request.action, "identity-based policy");
  const boundary = role.inputs["permissionsBoundary"] as string | undefined;
  if (why !== undefined || boundary === undefined) return why;
  const limit = resources.find(({ arn }) => arn === boundary);
  const limits = limit ? ask([limit.inputs["policy"] as string], []) : unknown(textOf(boundary));
  return reason(limits, request.action, "permissions boundary");
}

function reason(verdict: Verdict, action: string, kind: string): string | undefined {
  if (isUnknown(verdict)) return `because this machine can't evaluate ${verdict.unknown} (${kind})`;
  const article = kind.startsWith("i") ? "an" : "a";
  return {
    Allowed: undefined,
    ImplicitlyDenied: `because no ${kind} allows the ${action} action`,
    ExplicitlyDenied: `with an explicit deny in ${article} ${kind}`,
  }[verdict];
}

const textOf = (arn: string): string => `the policy ${arn}, which the program doesn't register`;

/** The texts of a role's policies, and descriptions of the attached policies that the program does not register. */
function policiesOf(
  { physicalName, inputs: role }: Resource,
  resources: readonly Resource[],
): { readonly policies: readonly string[]; readonly unread: readonly string[] } {
  const of = (wanted: string) => resources.filter(({ type }) => type === wanted).map(({ inputs }) => inputs);
  const inline = (role["inlinePolicies"] ?? []) as readonly { readonly policy?: string }[];
  const attached = [
    ...((role["managedPolicyArns"] ?? []) as readonly string[]),
    ...of("aws:iam/rolePolicyAttachment:RolePolicyAttachment").flatMap(({ role: to, policyArn }) =>
      to === physicalName ? [policyArn as string] : [],
    ),
    ...of("aws:iam/policyAttachment:PolicyAttachment").flatMap(({ roles = [], policyArn }) =>
      (roles as readonly unknown[]).includes(physicalName) ? [policyArn as string] : [],
    ),
  ];
  const managed = attached.map((policyArn) => ({
    text: resources.find(({ arn }) => arn === policyArn)?.inputs["policy"] as string | undefined,
    policyArn,
  }));
  return {
    policies: [
      ...inline.flatMap(({ policy }) => policy ?? []),
      ...of("aws:iam/rolePolicy:RolePolicy").flatMap(({ role: to, policy }) =>
        to === physicalName ? [policy as string] : [],
      ),
      ...managed.flatMap(({ text }) => text ?? []),
    ],
    unread: managed.flatMap(({ text, policyArn }) => (text === undefined ? [textOf(policyArn)] : [])),
  };
}

/**
 * The condition keys whose values on AWS are known, for any service.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
function contextOf({ arn: roleArn = "", inputs }: Resource, resource: string): Context {
  const [, , , region = "", account = ""] = resource.split(":");
  const tags = Object.entries((inputs["tags"] ?? {}) as Readonly<Record<string, string>>);
  const now = Date.now();
  return {
    "aws:PrincipalArn": roleArn,
    "aws:PrincipalAccount": roleArn.split(":")[4],
    "aws:PrincipalType": "AssumedRole",
    "aws:PrincipalIsAWSService": "false",
    "aws:ViaAWSService": "false",
    "aws:SecureTransport": "true",
    "aws:CurrentTime": new Date(now).toISOString(),
    "aws:EpochTime": String(Math.floor(now / 1000)),
    // A session of a role has no user name.
    "aws:username": undefined,
    ...(region !== "" && { "aws:RequestedRegion": region }),
    ...(account !== "" && { "aws:ResourceAccount": account }),
    ...Object.fromEntries(tags.map(([name, value]) => [`aws:PrincipalTag/${name}`, value])),
  };
}
