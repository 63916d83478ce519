import { expect } from "chai";
import { LocalCloud, mainMachine } from "../../saga/local/cloud";
import { inVirtualTime, type Meddle } from "../../saga/testing/virtual";
import { doorOf } from "../../saga/local/dynamodb/door";
import { type Server, startServer } from "../../saga/local/dynamodb/server";
import { authorizer, authorizerOfMadeRoles, isLasting } from "../../saga/local/iam/authorizer";
import { Callers } from "../../saga/local/iam/callers";
import { type JsonObject, type TaskCall, TaskFailure } from "../../saga/interpreter";
import type { Program, Resource } from "../../saga/local/program";
import { outcomeOf } from "../../saga/asl/outcome";
import { evaluated } from "../evaluated";

interface Statement {
  Effect: "Allow";
  Action: string[];
  Resource: string[];
}

const policiesOf = ({ resources }: Program) => resources.filter(({ type }) => type === "aws:iam/rolePolicy:RolePolicy");
const statementsOf = ({ inputs }: Resource): Statement[] => JSON.parse(inputs["policy"] as string).Statement;
const find = ({ resources }: Program, type: string, name: string) =>
  resources.find((resource) => resource.type === type && resource.name === name) as Resource;

/** Replaces the statements of a policy. */
function setStatements(policy: Resource, Statement: readonly Statement[]): void {
  (policy.inputs as Record<string, unknown>)["policy"] = JSON.stringify({ Version: "2012-10-17", Statement });
}

describe("least privilege, on this machine", function () {
  this.timeout(120_000);
  let program: Program;
  let cloud: LocalCloud;
  let orders = 0;

  before(async () => {
    program = await evaluated();
    cloud = await LocalCloud.start(program);
  });
  after(() => cloud.close());

  /** Loses the answer of each call once. The repeated call reads the stored result. */
  const losing: Meddle = async ({ attempt }, deliver) => {
    const answer = await deliver();
    if (attempt === 0) throw new TaskFailure("Lambda.ServiceException", "the answer is lost");
    return answer;
  };
  const plainly: Meddle = (_, deliver) => deliver();
  const scenarios: readonly (readonly [outcome: string, order: JsonObject, meddle?: Meddle])[] = [
    ["completed", { total: 100, card_no: "123-1234", address: "123 st" }, losing],
    ["compensated", { total: 100, card_no: "123-1234" }],
  ];

  /** Runs all scenarios. Returns what was refused, and whether one of them ended with a wrong outcome. */
  async function run(): Promise<{ fails: boolean; refused: Set<string> }> {
    const refused = new Set<string>();
    let fails = false;
    const start = inVirtualTime(program, cloud);
    for (const [outcome, order, meddle = plainly] of scenarios) {
      const order_id = String(++orders);
      const { execution } = start(order_id, { ...order, order_id }, (call, deliver, clock) =>
        meddle(call, deliver, clock).catch((error: unknown) => {
          const why = /not authorized to perform: (\S+) on resource: (\S+) because/.exec((error as TaskFailure).cause);
          if (why) refused.add(`${call.state}: ${why[1]} ${why[2]}`);
          throw error;
        }),
      );
      if (outcomeOf(await execution.result) !== outcome) fails = true;
    }
    return { fails, refused };
  }

  /** Deploys the program with other statements in a policy. */
  const release = (policy: Resource, statements: readonly Statement[]): Promise<void> => {
    setStatements(policy, statements);
    return cloud.deploy(program);
  };

  it("lets every scenario end as it should, with the program's permissions", async () => {
    expect(await run()).to.deep.equal({ fails: false, refused: new Set() });
  });

  it("has no statement, action or resource without which all scenarios pass, and refuses exactly what is missing", async () => {
    let taken = 0;
    for (const policy of policiesOf(program)) {
      // These scenarios stop no execution. The next test has the undos, and test/deploy/recovery the functions.
      if (/_(undo|recover|sweep)$/.test(policy.name)) continue;
      const whole = statementsOf(policy);
      for (const [at, statement] of whole.entries()) {
        const { Action, Resource } = statement;
        // Nothing on this machine writes to CloudWatch or X-Ray, or has a rule. The program's tests assert these
        // permissions.
        if (/^(events|logs|xray):/.test(Action[0] as string)) continue;
        const lesser: Statement[][] = [
          [],
          ...Action.map((gone) => [{ ...statement, Action: Action.filter((action) => action !== gone) }]),
          ...Resource.map((gone) => [{ ...statement, Resource: Resource.filter((resource) => resource !== gone) }]),
        ];
        for (const rest of lesser) {
          await release(policy, whole.toSpliced(at, 1, ...rest.filter((s) => s.Action.length * s.Resource.length > 0)));
          const { fails, refused } = await run();
          const kept = rest.flatMap((s) => s.Action.flatMap((action) => s.Resource.map((of) => `${action} ${of}`)));
          const gone = Action.flatMap((action) => Resource.map((of) => `${action} ${of}`)).filter(
            (one) => !kept.includes(one),
          );
          taken++;
          expect(fails, `without ${gone.join(", ")} of ${policy.name}`).to.equal(true);
          for (const one of refused) {
            const what = one.replace(/^\w+: /, "");
            expect(gone.some((pattern) => what === pattern || what.startsWith(pattern.replace(/\*$/, "")))).to.equal(
              true,
            );
          }
          expect(refused.size).to.be.above(0);
        }
      }
      await release(policy, whole);
    }
    // Six functions: one statement each, nine actions in all, one table each. The machine: one statement, one action,
    // six functions.
    expect(taken).to.equal(6 + 9 + 6 + 1 + 1 + 6);
    expect(await run()).to.deep.equal({ fails: false, refused: new Set() });
  });

  it("lets the recovery call each undo, in the version that it names, and nothing else", async () => {
    const machine = find(program, "aws:sfn/stateMachine:StateMachine", "OrderFulfilment_undo").arn as string;
    const policy = find(program, "aws:iam/rolePolicy:RolePolicy", "OrderFulfilment_undo");
    const whole = statementsOf(policy);
    /** The functions that the machine may call. */
    const callable = async () => {
      const order_id = String(++orders);
      const tried = program.resources.map(async ({ type, name, versionArn }) => {
        if (type !== "aws:lambda/function:Function" || versionArn === undefined) return [];
        const Payload = { saga: { id: "x", step: name }, order_id };
        const call = { resource: "arn:aws:states:::lambda:invoke", arguments: { FunctionName: versionArn, Payload } };
        const failure = await cloud.call(machine, call as unknown as TaskCall).catch((error: unknown) => error);
        return /not authorized to perform: lambda:/.test((failure as TaskFailure).cause) ? [] : [name];
      });
      return (await Promise.all(tried)).flat();
    };
    const undos = ["deleteOrder", "refundPayment", "cancelShipment"].map((task) => `OrderFulfilment-${task}`);
    expect(await callable()).to.have.members(undos);
    const invokes = whole.at(-1) as Statement;
    for (const undo of undos) {
      const { arn } = find(program, "aws:lambda/function:Function", undo);
      await release(policy, [{ ...invokes, Resource: invokes.Resource.filter((one) => one !== `${arn}:*`) }]);
      expect(await callable()).to.have.members(undos.filter((name) => name !== undo));
    }
    await release(policy, whole);
  });

  it("refuses a function as DynamoDB does, and the function fails with that error", async () => {
    const policy = find(program, "aws:iam/rolePolicy:RolePolicy", "OrderFulfilment-createOrder");
    const whole = statementsOf(policy);
    await release(policy, whole.slice(1));
    const event = { saga: { id: "x", step: "CreateOrder" }, order_id: "refused", total: 1 };
    const failure = await cloud.functions
      .get("createOrder")
      ?.invoke(event)
      .catch((error: unknown) => error);
    await release(policy, whole);
    const lambda = find(program, "aws:lambda/function:Function", "OrderFulfilment-createOrder");
    const role = find(program, "aws:iam/role:Role", "OrderFulfilment-createOrder");
    const table = find(program, "aws:dynamodb/table:Table", "orders");
    expect(failure).to.have.property("error", "AccessDeniedException");
    expect(JSON.parse((failure as { cause: string }).cause)).to.have.property(
      "errorMessage",
      `User: arn:aws:sts::000000000000:assumed-role/${role.physicalName}/${lambda.physicalName} is not authorized to ` +
        `perform: dynamodb:UpdateItem on resource: ${table.arn} because no identity-based policy allows the ` +
        "dynamodb:UpdateItem action",
    );
    expect(await cloud.table.rows("refused")).to.deep.equal([]);
  });

  it("refuses a state machine as Step Functions does", async () => {
    const policy = find(program, "aws:iam/rolePolicy:RolePolicy", "OrderFulfilment");
    const whole = statementsOf(policy);
    await release(policy, whole.slice(0, -1));
    const { arn } = mainMachine(program);
    const lambda = find(program, "aws:lambda/function:Function", "OrderFulfilment-createOrder").arn as string;
    const call = { resource: "arn:aws:states:::lambda:invoke", arguments: { FunctionName: lambda, Payload: {} } };
    const failure = (await cloud
      .call(arn as string, call as unknown as TaskCall)
      .catch((error: unknown) => error)) as any;
    await release(policy, whole);
    expect(failure.error).to.equal("Lambda.AWSLambdaException");
    const role = find(program, "aws:iam/role:Role", "OrderFulfilment").physicalName;
    expect(failure.cause).to.match(
      new RegExp(
        `^User: arn:aws:sts::000000000000:assumed-role/${role}/[0-9a-f]{32} is not authorized to perform: ` +
          `lambda:InvokeFunction on resource: ${lambda} because no identity-based policy allows the ` +
          "lambda:InvokeFunction action \\(Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException; " +
          "Request ID: [0-9a-f-]{36}; Proxy: null\\)$",
      ),
    );
  });

  describe("the policies of a role", () => {
    const statement = { Effect: "Allow", Action: "dynamodb:*", Resource: "*" };
    const text = (...Statement: readonly object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
    const arnOf = (name: string) => `arn:aws:iam::000000000000:${name}`;
    const inline = (policy: string): Resource => ({
      type: "aws:iam/rolePolicy:RolePolicy",
      name: "inline",
      inputs: { role: "some-role", policy },
    });
    const managed = (name: string, policy: string): Resource => ({
      type: "aws:iam/policy:Policy",
      name,
      arn: arnOf(`policy/${name}`),
      inputs: { policy },
    });
    const attached = (policyArn: string): Resource => ({
      type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
      name: "attached",
      inputs: { role: "some-role", policyArn },
    });
    const table = "arn:aws:dynamodb:eu-west-1:000000000000:table/some";
    /** The reason why a role with these inputs may not read from the table, or undefined. */
    const why = async (resources: readonly Resource[], inputs: Resource["inputs"] = {}) => {
      const role = {
        type: "aws:iam/role:Role",
        name: "r",
        physicalName: "some-role",
        arn: arnOf("role/some-role"),
        inputs,
      };
      const authorize = authorizer({ outputs: {}, resources: [role, ...resources] });
      const said = await authorize({ roleArn: role.arn, session: "s" }, "dynamodb:GetItem", table);
      return said?.replace(/^.* on resource: \S+ /, "");
    };
    const NOTHING = "because no identity-based policy allows the dynamodb:GetItem action";

    it("include each inline and each attached policy", async () => {
      const allowed = text(statement);
      expect(await why([])).to.equal(NOTHING);
      expect(await why([inline(allowed)])).to.equal(undefined);
      expect(await why([], { inlinePolicies: [{ name: "a", policy: allowed }] })).to.equal(undefined);
      const policy = managed("p", allowed);
      expect(await why([policy])).to.equal(NOTHING);
      expect(await why([policy, attached(policy.arn as string)])).to.equal(undefined);
      expect(await why([policy], { managedPolicyArns: [policy.arn] })).to.equal(undefined);
      const inputs = { roles: ["some-role"], policyArn: policy.arn };
      const type = "aws:iam/policyAttachment:PolicyAttachment";
      expect(await why([policy, { type, name: "a", inputs }])).to.equal(undefined);
      expect(await why([policy, { type, name: "a", inputs: { ...inputs, roles: ["another"] } }])).to.equal(NOTHING);
    });

    it("report an explicit deny", async () => {
      const denied = text(statement, { ...statement, Effect: "Deny" });
      expect(await why([inline(denied)])).to.equal("with an explicit deny in an identity-based policy");
    });

    it("name what they can't evaluate, if that would decide", async () => {
      const aws = attached("arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess");
      expect(await why([aws])).to.equal(
        "because this machine can't evaluate the policy arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess, which the " +
          "program doesn't register (identity-based policy)",
      );
      expect(await why([aws, inline(text(statement))])).to.equal(undefined);
      expect(await why([inline(text({ ...statement, Principal: "*" }))])).to.equal(
        "because this machine can't evaluate 'Principal' of statement 0 (identity-based policy)",
      );
    });

    it("allow no more than the role's boundary", async () => {
      const permissionsBoundary = arnOf("policy/limit");
      const limited = (limit: object) =>
        why([inline(text(statement)), managed("limit", text(limit))], { permissionsBoundary });
      expect(await limited(statement)).to.equal(undefined);
      expect(await limited({ ...statement, Action: "sns:*" })).to.equal(
        "because no permissions boundary allows the dynamodb:GetItem action",
      );
      expect(await limited({ ...statement, Effect: "Deny" })).to.equal(
        "with an explicit deny in a permissions boundary",
      );
      expect(await why([managed("limit", text(statement))], { permissionsBoundary })).to.equal(NOTHING);
      expect(await why([inline(text(statement))], { permissionsBoundary })).to.match(/can't evaluate the policy arn:/);
    });

    it("are not evaluated if the program only reads the role: it may do everything", async () => {
      const role = { type: "aws:iam/role:Role", name: "r", physicalName: "some-role", inputs: {} };
      const read: Resource = { ...role, arn: arnOf("role/some-role"), existing: true };
      const authorize = authorizerOfMadeRoles({ outputs: {}, resources: [read] });
      const asked = (name: string) => authorize({ roleArn: arnOf(name), session: "s" }, "dynamodb:GetItem", table);
      expect(await asked("role/some-role")).to.equal(undefined);
      const unregistered = await asked("role/other").catch((error: unknown) => (error as Error).message);
      expect(unregistered).to.equal(`the program registers no role ${arnOf("role/other")}`);
    });

    it("may depend on the role's tags, and on the time and the region of a request", async () => {
      const under = (Condition: object, inputs?: Resource["inputs"]) =>
        why([inline(text({ ...statement, Condition }))], inputs);
      const tagged = { StringEquals: { "aws:PrincipalTag/team": "red" } };
      expect(await under(tagged, { tags: { team: "red" } })).to.equal(undefined);
      expect(await under(tagged, { tags: { team: "blue" } })).to.equal(NOTHING);
      expect(await under({ DateGreaterThan: { "aws:CurrentTime": "2025-01-01T00:00:00Z" } })).to.equal(undefined);
      expect(await under({ StringEquals: { "aws:RequestedRegion": "us-east-1" } })).to.equal(NOTHING);
      expect(await under({ ArnLike: { "aws:PrincipalArn": arnOf("role/some-*") } })).to.equal(undefined);
    });
  });

  describe("the access control of the tables", () => {
    let server: Server;
    let stranger: Server;
    const callers = new Callers();
    const keyOf = (name: string) => callers.keyOf(find(program, "aws:lambda/function:Function", name));

    before(async () => {
      const table = find(program, "aws:dynamodb/table:Table", "orders");
      const options = {
        callers,
        authorize: authorizerOfMadeRoles(program),
        isLasting: (roleArn: string) => isLasting(program, roleArn),
        arnPrefix: () => (table.arn as string).replace(/[^/]*$/, ""),
        tables: () => [table],
      };
      // These servers have no tables, so an allowed request fails for that reason.
      server = await startServer({ decide: doorOf(options) });
      stranger = await startServer({ decide: doorOf({ ...options, admitsStrangers: true }) });
    });
    after(() => Promise.all([server.close(), stranger.close()]));

    const request = async (
      target: string,
      body: object,
      { accessKey = keyOf("OrderFulfilment-createOrder"), at = server } = {},
    ) => {
      const headers = {
        "X-Amz-Target": `DynamoDB_20120810.${target}`,
        Authorization: `AWS4-HMAC-SHA256 Credential=${accessKey}/20250101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0`,
        "X-Amz-Date": "20250101T000000Z",
        "Content-Type": "application/x-amz-json-1.0",
      };
      const answer = await fetch(at.endpoint, { method: "POST", headers, body: JSON.stringify(body) });
      const { __type, message = "", Message = message } = (await answer.json()) as Record<string, string>;
      return `${answer.status} ${__type}: ${Message.replace(/^User: \S+/, "User")}`;
    };
    const THROUGH = "400 com.amazonaws.dynamodb.v20120810#ResourceNotFoundException: Requested resource not found";
    const TABLES = "arn:aws:dynamodb:eu-west-1:000000000000:table";
    const refusal = (action: string, resource: string) =>
      `400 com.amazon.coral.service#AccessDeniedException: User is not authorized to perform: dynamodb:${action} ` +
      `on resource: ${resource} because no identity-based policy allows the dynamodb:${action} action`;

    it("refuses another table, another action, and a request without a table", async () => {
      const name = find(program, "aws:dynamodb/table:Table", "orders").physicalName as string;
      expect(await request("UpdateItem", { TableName: "others" })).to.equal(refusal("UpdateItem", `${TABLES}/others`));
      expect(await request("PutItem", { TableName: name })).to.equal(refusal("PutItem", `${TABLES}/${name}`));
      expect(await request("BatchGetItem", { RequestItems: { [name]: {}, others: {} } })).to.equal(
        refusal("BatchGetItem", `${TABLES}/${name}`),
      );
      expect(await request("ListTables", {})).to.equal(refusal("ListTables", "*"));
    });

    it("passes on the requested partition and index", async () => {
      const policy = find(program, "aws:iam/rolePolicy:RolePolicy", "OrderFulfilment-createOrder");
      const whole = statementsOf(policy);
      const TableName = find(program, "aws:dynamodb/table:Table", "orders").physicalName as string;
      const Condition = { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["mine"] } };
      setStatements(policy, [{ ...whole[0], Condition } as Statement]);
      const update = (order_id: string) =>
        request("UpdateItem", { TableName, Key: { order_id: { S: order_id }, entity: { S: "ORDER" } } });
      server.forget();
      expect(await update("yours")).to.equal(refusal("UpdateItem", `${TABLES}/${TableName}`));
      expect(await update("mine")).to.equal(THROUGH);
      // Each request is decided anew: an allowed one allows no other.
      expect(await update("yours")).to.equal(refusal("UpdateItem", `${TABLES}/${TableName}`));
      setStatements(policy, whole);
      server.forget();
      expect(await update("yours")).to.equal(THROUGH);
      expect(await request("Query", { TableName, IndexName: "byDate" })).to.equal(
        refusal("Query", `${TABLES}/${TableName}/index/byDate`),
      );
    });

    it("asks about each item of a transaction and of a batch, and about nothing else", async () => {
      const policy = find(program, "aws:iam/rolePolicy:RolePolicy", "OrderFulfilment-createOrder");
      const whole = statementsOf(policy);
      const table = find(program, "aws:dynamodb/table:Table", "orders");
      const TableName = table.physicalName as string;
      const grant = (...statements: readonly object[]) => {
        const Resource = [table.arn];
        setStatements(policy, statements.map((each) => ({ Effect: "Allow", Resource, ...each })) as Statement[]);
        server.forget();
      };
      const Key = (order_id: string) => ({ order_id: { S: order_id }, entity: { S: "ORDER" } });
      const write = (...TransactItems: readonly object[]) => request("TransactWriteItems", { TransactItems });
      const put = (order_id: string) => ({ Put: { TableName, Item: Key(order_id) } });
      const check = (name = TableName) => ({
        ConditionCheck: { TableName: name, Key: Key("1"), ConditionExpression: "attribute_exists(entity)" },
      });
      const orders = `${TABLES}/${TableName}`;

      grant({ Action: ["dynamodb:PutItem", "dynamodb:GetItem"] });
      expect(await write(put("1"))).to.equal(THROUGH);
      // The decision on a transaction lasts for the same operations on the same tables only.
      expect(await write(put("2"), check())).to.equal(refusal("ConditionCheckItem", orders));
      expect(await write(put("1"), check("others"))).to.equal(refusal("ConditionCheckItem", `${TABLES}/others`));
      expect(await write(put("3"))).to.equal(THROUGH);
      const Get = { TableName, Key: Key("1") };
      expect(await request("TransactGetItems", { TransactItems: [{ Get }] })).to.equal(THROUGH);
      expect(await request("TransactGetItems", { TransactItems: [{ Get: { ...Get, TableName: "others" } }] })).to.equal(
        refusal("GetItem", `${TABLES}/others`),
      );
      // Fields of other actions change nothing.
      expect(await request("UpdateItem", { ...Get, TransactItems: [], RequestItems: {} })).to.equal(
        refusal("UpdateItem", orders),
      );

      const Condition = { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["mine"] } };
      grant({ Action: ["dynamodb:PutItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem"], Condition });
      expect(await write(put("mine"))).to.equal(THROUGH);
      expect(await write(put("mine"), put("yours"))).to.equal(refusal("PutItem", orders));
      const remove = { Delete: { TableName, Key: Key("yours"), Item: Key("mine") } };
      expect(await write(remove)).to.equal(refusal("DeleteItem", orders));
      const batch = (...ids: readonly string[]) =>
        request("BatchWriteItem", {
          RequestItems: { [TableName]: ids.map((id) => ({ PutRequest: { Item: Key(id) } })) },
        });
      expect(await batch("mine")).to.equal(THROUGH);
      expect(await batch("mine", "yours")).to.equal(refusal("BatchWriteItem", orders));

      const within = { "ForAnyValue:StringEquals": { "dynamodb:EnclosingOperation": ["TransactWriteItems"] } };
      grant({ Action: ["dynamodb:PutItem"], Condition: within });
      expect(await write(put("1"))).to.equal(THROUGH);
      expect(await request("PutItem", { TableName, Item: Key("1") })).to.equal(refusal("PutItem", orders));
      setStatements(policy, whole);
      server.forget();
    });

    it("does not ask about an action that the tables do not have", async () => {
      const answer = await request("ExecuteStatement", { Statement: "SELECT * FROM orders" });
      expect(answer).to.match(
        /^400 com.amazon.coral.service#UnknownOperationException: dynamodb:ExecuteStatement is not on this machine, /,
      );
    });

    it("refuses unknown access keys, unless strangers are admitted, who may do everything", async () => {
      const unknown = { accessKey: "ASIAUNKNOWN" };
      const Key = { order_id: { S: "1" } };
      expect(await request("GetItem", { TableName: "orders", Key }, unknown)).to.equal(
        "400 com.amazon.coral.service#UnrecognizedClientException: The security token included in the request is invalid.",
      );
      expect(await request("GetItem", { TableName: "orders", Key }, { ...unknown, at: stranger })).to.equal(THROUGH);
      // A function has only the permissions of its role.
      expect(await request("GetItem", { TableName: "others", Key }, { at: stranger })).to.equal(
        refusal("GetItem", `${TABLES}/others`),
      );
    });

    it("answers invalid requests as DynamoDB does, and continues", async () => {
      const headers = { "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.GetItem" };
      const answer = await fetch(server.endpoint, { method: "POST", headers, body: "{" });
      expect(await answer.json()).to.deep.equal({ __type: "com.amazon.coral.service#SerializationException" });
      const answers = [null, 1, [], { TableName: 1 }, { Key: { a: null }, TableName: "orders" }].map((body) =>
        request("GetItem", body as never, { accessKey: "any", at: stranger }),
      );
      for (const each of await Promise.all(answers)) expect(each).to.match(/^(?:400|500) com.amazon/);
    });

    it("gives each function a key of its own", () => {
      const lambdas = program.resources.filter(({ type }) => type === "aws:lambda/function:Function");
      const keys = lambdas.map((lambda) => callers.keyOf(lambda));
      expect(new Set(keys)).to.have.property("size", 8);
    });
  });
});

describe("least privilege of a machine that starts others", function () {
  this.timeout(60_000);

  it("refuses a child's machine that its role does not name", async () => {
    const program = await evaluated("test/deploy/family.ts");
    const cloud = await LocalCloud.start(program);
    try {
      const machine = (name: string) => find(program, "aws:sfn/stateMachine:StateMachine", name).arn as string;
      const start = (from: string, child: string) =>
        cloud.call(machine(from), {
          resource: "arn:aws:states:::states:startExecution.sync:2",
          arguments: {
            StateMachineArn: machine(child),
            Name: "n",
            Input: { input: { order_id: "1", total: 5 }, startedAt: "2025-01-01T00:00:00.000Z" },
          },
          signal: new AbortController().signal,
        } as unknown as TaskCall);
      expect(await start("Family", "Family-Ordering")).to.include({ Status: "SUCCEEDED" });
      const failure = (await start("Family-Ordering", "Family-Ordering_undo").catch((error: unknown) => error)) as any;
      expect(failure.error).to.equal("StepFunctions.AWSStepFunctionsException");
      expect(failure.cause).to.match(
        /not authorized to perform: states:StartExecution on resource: .*:Family-Ordering_undo-/,
      );
    } finally {
      await cloud.close();
    }
  });
});
