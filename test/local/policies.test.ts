import { runSimulation } from "@cloud-copilot/iam-simulate";
import { expect } from "chai";
import * as fc from "fast-check";
import { isUnknown } from "../../saga/local/iam/answer";
import { evaluate, type Request, type Verdict } from "../../saga/local/iam/evaluate";
import { PolicyNotUnderstood, readPolicy } from "../../saga/local/iam/policy";

const ACCOUNT = "000000000000";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/some-role`;

/** The decision of another evaluator, which is not part of the package. */
async function oracle(policies: readonly object[], { action, resource, context }: Request): Promise<string> {
  const present = Object.entries(context).filter(([, value]) => value !== undefined);
  const result = await runSimulation(
    {
      request: {
        principal: ROLE,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: Object.fromEntries(present) as Record<string, string | string[]>,
      },
      identityPolicies: policies.map((policy, at) => ({ name: `policy-${at}`, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  return result.resultType === "error" ? JSON.stringify(result.errors) : result.overallResult;
}

const verdict = (policies: readonly object[], request: Request): Verdict =>
  evaluate(
    policies.flatMap((policy) => readPolicy(JSON.stringify(policy))),
    request,
  );

const table = (name: string) => `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/${name}`;
const lambda = (name: string) => `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:${name}`;

/** Actions, each with a resource. */
const REQUESTS = [
  ...["GetItem", "PutItem", "UpdateItem", "DeleteItem"].flatMap((action) =>
    ["orders", "orders-2", "trips"].map((name) => [`dynamodb:${action}`, table(name)] as const),
  ),
  ...["create", "create:1", "createOrder:27"].map((name) => ["lambda:InvokeFunction", lambda(name)] as const),
  ...["orders", "o"].map(
    (name) => ["states:StartExecution", `arn:aws:states:eu-west-1:${ACCOUNT}:stateMachine:${name}`] as const,
  ),
];
const ACTIONS = [...new Set(REQUESTS.map(([action]) => action))];
const RESOURCES = [...new Set(REQUESTS.map(([, resource]) => resource))];

/** One of the texts with a wildcard in place of a part of it. The part that `fixed` matches stays. */
const withWildcards = (texts: readonly string[], fixed: RegExp): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...texts), fc.nat(), fc.nat({ max: 12 }), fc.constantFrom("*", "?", "*", "**", ""))
    .map(([text, at, length, wildcard]) => {
      const start = (fixed.exec(text)?.[0] ?? "").length;
      const from = start + (at % (text.length - start));
      return wildcard === "" ? text : text.slice(0, from) + wildcard + text.slice(from + length);
    });
/** The other evaluator accepts no wildcard before a resource's own name. */
const BEFORE_NAME = /^.*(?:table\/|function:|stateMachine:)/;

const oneOrMore = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | T[]> =>
  fc.oneof(values, fc.array(values, { minLength: 1, maxLength: 3 }));

const TEAM = "aws:PrincipalTag/team";
const VALUES = ["red", "Red", "blue", "r*d", ""];
/** Condition keys, with the values that a request may have. */
const KEYS = {
  [TEAM]: fc.constantFrom("red", "Red", "blue", "r*d"),
  "dynamodb:LeadingKeys": fc.array(fc.constantFrom("red", "Red", "blue"), { minLength: 1, maxLength: 3 }),
  "aws:MultiFactorAuthAge": fc.constantFrom("0", "3", "3.5", "70"),
  "aws:TokenIssueTime": fc.constantFrom("2025-01-01T00:00:00Z", "2025-06-01T12:00:00Z"),
  "aws:SecureTransport": fc.constantFrom("true", "false"),
  "aws:SourceArn": fc.constantFrom(...RESOURCES),
};
const strings = ["Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike"];
const ordered = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"];
const compared = (
  key: keyof typeof KEYS,
  operators: readonly string[],
  values: fc.Arbitrary<string>,
  quantifiers = [""],
) =>
  fc
    .tuple(
      fc.constantFrom(...quantifiers),
      fc.constantFrom(...operators),
      fc.constantFrom("", "", "IfExists"),
      oneOrMore(values),
    )
    .map(([quantifier, operator, ifExists, value]) => ({
      [`${quantifier}${operator}${quantifier === "ForAnyValue:" ? "" : ifExists}`]: { [key]: value },
    }));
const stringOperators = strings.map((each) => `String${each}`);
const variable = fc.constantFrom("${aws:PrincipalTag/team, 'red'}", "${*}", "r${?}d", "${$}");
const CONDITION = fc.oneof(
  compared(TEAM, stringOperators, fc.oneof(fc.constantFrom(...VALUES, "r?d", "*"), variable)),
  compared("dynamodb:LeadingKeys", stringOperators, fc.constantFrom("red", "b*", "blue"), [
    "ForAllValues:",
    "ForAnyValue:",
  ]),
  compared(
    "aws:MultiFactorAuthAge",
    ordered.map((each) => `Numeric${each}`),
    fc.constantFrom("0", "3", "3.50", "-1"),
  ),
  compared(
    "aws:TokenIssueTime",
    ordered.map((each) => `Date${each}`),
    fc.constantFrom("2025-01-01T00:00:00Z", "2025-06-01T14:00:00+02:00", "2025-06-01"),
  ),
  compared("aws:SecureTransport", ["Bool"], fc.constantFrom("true", "false", "True")),
  compared(
    "aws:SourceArn",
    ["ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals"],
    withWildcards(RESOURCES, BEFORE_NAME),
  ),
  fc
    .tuple(fc.constantFrom(...Object.keys(KEYS)), fc.constantFrom("true", "false"))
    .map(([key, value]) => ({ Null: { [key]: value } })),
);
const STATEMENT = fc
  .record({
    Effect: fc.constantFrom("Allow", "Allow", "Deny"),
    action: fc.tuple(
      fc.constantFrom("Action", "Action", "NotAction"),
      oneOrMore(fc.oneof(fc.constant("*"), withWildcards(ACTIONS, /^\w+:/))),
    ),
    resource: fc.tuple(
      fc.constantFrom("Resource", "Resource", "NotResource"),
      oneOrMore(
        fc.oneof(
          fc.constant("*"),
          withWildcards(RESOURCES, BEFORE_NAME),
          fc.constant(table("${aws:PrincipalTag/team, 'orders'}")),
        ),
      ),
    ),
    Condition: fc.option(CONDITION, { nil: undefined }),
  })
  .map(({ Effect, action: [action, actions], resource: [resource, resources], Condition }) => ({
    Effect,
    [action]: actions,
    [resource]: resources,
    ...(Condition && { Condition }),
  }));
const POLICY = oneOrMore(STATEMENT).map((Statement) => ({ Version: "2012-10-17", Statement }));
const REQUEST = fc
  .tuple(fc.constantFrom(...REQUESTS), fc.record(KEYS, { requiredKeys: [] }))
  .map(([[action, resource], present]): Request => {
    const absent = Object.fromEntries(Object.keys(KEYS).map((key) => [key, undefined]));
    // Requests of other services do not have this key.
    const leading = action.startsWith("dynamodb:") ? {} : { "dynamodb:LeadingKeys": undefined };
    return { action, resource, context: { ...absent, ...present, ...leading } };
  });

describe("IAM policies, on this machine", function () {
  this.timeout(60_000);

  it("lead to the same decisions as another evaluator", async () => {
    const decided: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(fc.array(POLICY, { minLength: 1, maxLength: 2 }), REQUEST, async (policies, request) => {
        const ours = verdict(policies, request);
        const kind = isUnknown(ours) ? "unknown" : ours;
        decided[kind] = (decided[kind] ?? 0) + 1;
        if (kind !== "unknown") expect(ours).to.equal(await oracle(policies, request));
      }),
      { numRuns: 2_000 },
    );
    expect(decided["Allowed"]).to.be.above(200);
    expect(decided["ImplicitlyDenied"]).to.be.above(200);
    expect(decided["ExplicitlyDenied"]).to.be.above(100);
    expect(decided["unknown"] ?? 0).to.be.below(20);
  });

  const UPDATE: Request = { action: "dynamodb:UpdateItem", resource: table("orders"), context: { [TEAM]: "red" } };
  const allow = { Effect: "Allow", Action: "*", Resource: "*" };
  const policy = (...Statement: readonly object[]) => [{ Version: "2012-10-17", Statement }];

  it("never grant a permission by an element that is not understood, and the refusal names it", () => {
    for (const [why, statement] of [
      ["the condition operator 'IpAddress'", { Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }],
      ["the condition operator 'stringequals'", { Condition: { stringequals: { [TEAM]: "red" } } }],
      [
        "the condition operator 'ForAnyValue:StringEqualsIfExists'",
        { Condition: { "ForAnyValue:StringEqualsIfExists": { [TEAM]: "red" } } },
      ],
      [
        "the condition key 'aws:SourceVpc', which this machine doesn't know",
        { Condition: { StringEquals: { "aws:SourceVpc": "vpc-1" } } },
      ],
      ["the value 'many'", { Condition: { NumericLessThan: { "aws:EpochTime": "many" } } }],
      ["'red', which is no ARN", { Condition: { ArnLike: { [TEAM]: "red" } } }],
      [
        "the condition key 'aws:FederatedProvider', which this machine doesn't know",
        { Resource: table("${aws:FederatedProvider}") },
      ],
      [
        "how far the wildcards of 'arn:aws:dynamodb:*:table/orders' reach",
        { Resource: "arn:aws:dynamodb:*:table/orders" },
      ],
    ] as const) {
      const context = { ...UPDATE.context, "aws:EpochTime": "1" };
      const about = { ...allow, ...statement };
      expect(verdict(policy(about), { ...UPDATE, context }), why).to.deep.equal({ unknown: why });
      // A certain permission is enough. An uncertain denial refuses it.
      expect(verdict(policy(about, allow), { ...UPDATE, context }), why).to.equal("Allowed");
      expect(verdict(policy(allow, { ...about, Effect: "Deny" }), { ...UPDATE, context }), why).to.have.property(
        "unknown",
      );
      // A statement about another action does not matter.
      const other = { ...UPDATE, action: "dynamodb:GetItem", context };
      expect(verdict(policy({ ...about, Action: "dynamodb:UpdateItem" }), other), why).to.equal("ImplicitlyDenied");
    }
  });

  it("are refused outside of IAM's grammar", () => {
    for (const [why, policies] of [
      ['the Version "2020-01-01"', { Version: "2020-01-01", Statement: [allow] }],
      ["'Statements' of the policy", { Version: "2012-10-17", Statements: [] }],
      ["'Principal' of statement 0", policy({ ...allow, Principal: "*" })[0]],
      ["statement 0, which has not exactly one of Action and NotAction", policy({ ...allow, NotAction: "*" })[0]],
      [
        "statement 0, which has not exactly one of Resource and NotResource",
        policy({ Effect: "Allow", Action: "*" })[0],
      ],
      ['the Effect "allow" of statement 0', policy({ ...allow, Effect: "allow" })[0]],
      ["the action 'dynamodb' of statement 1", policy(allow, { ...allow, Action: "dynamodb" })[0]],
      ["the resource 'orders' of statement 0", policy({ ...allow, Resource: "orders" })[0]],
      ["the Resource of statement 0, which is not a string", policy({ ...allow, Resource: [1] })[0]],
      ["the Condition of statement 0, which is not an object", policy({ ...allow, Condition: [] })[0]],
    ] as const) {
      expect(() => readPolicy(JSON.stringify(policies)), why).to.throw(PolicyNotUnderstood, why);
    }
    expect(() => readPolicy("{")).to.throw(PolicyNotUnderstood, "a text that is not JSON");
  });

  it("of the version 2008-10-17 have no variables", () => {
    const statement = { ...allow, Condition: { StringEquals: { [TEAM]: "${aws:PrincipalTag/team}" } } };
    expect(verdict([{ Version: "2012-10-17", Statement: statement }], UPDATE)).to.equal("Allowed");
    expect(verdict([{ Statement: statement }], UPDATE)).to.equal("ImplicitlyDenied");
  });

  it("treat no character of a variable's value as a wildcard", () => {
    const about = policy({ ...allow, Resource: table("${aws:PrincipalTag/team}") });
    expect(verdict(about, { ...UPDATE, context: { [TEAM]: "*" } })).to.equal("ImplicitlyDenied");
    expect(verdict(about, { ...UPDATE, context: { [TEAM]: "orders" } })).to.equal("Allowed");
  });
});
