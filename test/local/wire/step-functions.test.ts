import {
  CreateStateMachineAliasCommand,
  CreateStateMachineCommand,
  DeleteStateMachineAliasCommand,
  DeleteStateMachineCommand,
  DeleteStateMachineVersionCommand,
  DescribeExecutionCommand,
  DescribeStateMachineAliasCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachineAliasesCommand,
  ListStateMachinesCommand,
  ListStateMachineVersionsCommand,
  paginateGetExecutionHistory,
  paginateListExecutions,
  PublishStateMachineVersionCommand,
  RedriveExecutionCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StartSyncExecutionCommand,
  StopExecutionCommand,
  TestStateCommand,
  UpdateStateMachineAliasCommand,
  UpdateStateMachineCommand,
  ValidateStateMachineDefinitionCommand,
} from "@aws-sdk/client-sfn";
import { expect } from "chai";
import type { LocalCloud } from "../../../saga/local/cloud";
import { clientOptions, definition, failureOf, machineArn, startCloud, tokenOf } from "./fixture";

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ROLE = "arn:aws:iam::000000000000:role/all";
const PASS = definition({ Pass: { Type: "Pass", End: true } });
const FAILING = definition({ Stop: { Type: "Fail", Error: "No", Cause: "because" } });

describe("Step Functions on the wire, through the SDK's client", function () {
  this.timeout(60_000);
  let cloud: LocalCloud;
  let sfn: SFNClient;
  let count = 0;

  before(async () => {
    cloud = await startCloud();
    sfn = new SFNClient(clientOptions(cloud));
  });
  after(async () => {
    sfn.destroy();
    await cloud.close();
  });

  const create = async (json = PASS, options: object = {}) => {
    const name = `machine-${++count}`;
    const created = await sfn.send(
      new CreateStateMachineCommand({ name, definition: json, roleArn: ROLE, ...options }),
    );
    return { ...created, name, arn: created.stateMachineArn as string };
  };
  const start = async (stateMachineArn: string, input?: unknown, name?: string) =>
    (
      await sfn.send(
        new StartExecutionCommand({
          stateMachineArn,
          ...(input !== undefined && { input: JSON.stringify(input) }),
          name,
        }),
      )
    ).executionArn as string;
  const describeExecution = (executionArn: string) => sfn.send(new DescribeExecutionCommand({ executionArn }));
  const ended = async (executionArn: string) => {
    await cloud.executions.get(executionArn)?.over;
    return describeExecution(executionArn);
  };

  describe("executions", () => {
    it("are started by a machine, a version or an alias, run the program's functions, and are described", async () => {
      for (const [of, also] of [
        ["", {}],
        [":7", { stateMachineVersionArn: `${machineArn("echo")}:7` }],
        [
          ":live",
          {
            stateMachineVersionArn: `${machineArn("echo")}:7`,
            stateMachineAliasArn: `${machineArn("echo")}:live`,
          },
        ],
      ] as const) {
        const executionArn = await start(machineArn("echo") + of, { n: 1 });
        expect(executionArn)
          .to.match(/:execution:echo:/)
          .and.match(UUID);
        const { $metadata, startDate, stopDate, ...described } = await ended(executionArn);
        expect(described).to.deep.equal({
          executionArn,
          stateMachineArn: machineArn("echo"),
          ...also,
          name: UUID.exec(executionArn)?.[0],
          status: "SUCCEEDED",
          input: '{"n":1}',
          inputDetails: { included: true },
          output: '{"n":1}',
          outputDetails: { included: true },
          redriveCount: 0,
          redriveStatus: "NOT_REDRIVABLE",
          redriveStatusReason: "Execution is SUCCEEDED and cannot be redriven",
        });
        expect((startDate as Date).getTime()).to.be.at.most((stopDate as Date).getTime());
        expect($metadata.requestId).to.match(UUID);
      }
    });

    it("start once for the same name and input while they run, and fail for another input", async () => {
      const arn = await start(machineArn("wait"), { n: 1 }, "once");
      expect(await start(machineArn("wait"), { n: 1 }, "once")).to.equal(arn);
      const exists = { name: "ExecutionAlreadyExists", message: `Execution Already Exists: '${arn}'`, status: 400 };
      expect(await failureOf(start(machineArn("wait"), { n: 2 }, "once"))).to.deep.equal(exists);
      await sfn.send(new StopExecutionCommand({ executionArn: arn }));
      expect(await failureOf(start(machineArn("wait"), { n: 1 }, "once"))).to.deep.equal(exists);
    });

    it("are stopped with an error and a cause, and are redriven once for a token", async () => {
      const executionArn = await start(machineArn("wait"), {});
      const { stopDate } = await sfn.send(
        new StopExecutionCommand({ executionArn, error: "Enough", cause: "of this" }),
      );
      const stopped = await describeExecution(executionArn);
      expect(stopped).to.deep.include({ status: "ABORTED", error: "Enough", cause: "of this", stopDate });
      expect(stopped).to.include({ redriveStatus: "REDRIVABLE" });
      const redrive = () => sfn.send(new RedriveExecutionCommand({ executionArn, clientToken: "t" }));
      const { redriveDate } = await redrive();
      expect((await redrive()).redriveDate).to.deep.equal(redriveDate);
      expect(await describeExecution(executionArn)).to.deep.include({
        status: "RUNNING",
        redriveCount: 1,
        redriveDate,
      });
      expect(await failureOf(sfn.send(new RedriveExecutionCommand({ executionArn })))).to.deep.equal({
        name: "ExecutionNotRedrivable",
        message: "Execution is RUNNING and cannot be redriven",
        status: 400,
      });
      await sfn.send(new StopExecutionCommand({ executionArn }));
    });

    it("are listed, the latest first: by machine, version or alias, by status and redrive, in pages", async () => {
      const { arn, stateMachineVersionArn: version } = await create(FAILING, { publish: true });
      const arns: string[] = [];
      for (let n = 0; n < 7; n++) {
        arns.unshift(await start(n % 2 ? (version as string) : arn, {}, `n${n}`));
        await ended(arns[0] as string);
      }
      const listed = async (request: object) =>
        (await sfn.send(new ListExecutionsCommand({ stateMachineArn: arn, ...request }))).executions?.map(
          ({ executionArn }) => executionArn,
        );
      expect(await listed({})).to.have.members(arns);
      expect(await listed({ stateMachineArn: version })).to.have.members(arns.filter((_, index) => index % 2 === 1));
      expect(await listed({ statusFilter: "RUNNING" })).to.deep.equal([]);
      expect(await listed({ statusFilter: "FAILED", redriveFilter: "REDRIVEN" })).to.deep.equal([]);
      await sfn.send(new RedriveExecutionCommand({ executionArn: arns[3] }));
      await ended(arns[3] as string);
      expect(await listed({ redriveFilter: "REDRIVEN" })).to.deep.equal([arns[3]]);
      const pages: (string | undefined)[][] = [];
      for await (const page of paginateListExecutions({ client: sfn, pageSize: 3 }, { stateMachineArn: arn })) {
        pages.push((page.executions ?? []).map(({ executionArn }) => executionArn));
        // A new execution must not shift the pages.
        await ended(await start(arn, {}));
      }
      expect(pages.map(({ length }) => length)).to.deep.equal([3, 3, 1]);
      expect(new Set(pages.flat())).to.deep.equal(new Set(arns));
    });

    it("have a history in pages, in either order, with data or without", async () => {
      const executionArn = await start(machineArn("echo") + ":live", { n: 1 });
      await ended(executionArn);
      const history = async (request: object = {}) =>
        (await sfn.send(new GetExecutionHistoryCommand({ executionArn, ...request }))).events ?? [];
      const all = await history();
      const plain = all.map(({ timestamp, ...event }) => {
        expect(timestamp).to.be.a("date");
        return event;
      });
      const data = { truncated: false };
      expect(plain.slice(0, 4)).to.deep.equal([
        {
          type: "ExecutionStarted",
          id: 1,
          previousEventId: 0,
          executionStartedEventDetails: {
            input: '{"n":1}',
            inputDetails: data,
            roleArn: ROLE,
            stateMachineAliasArn: `${machineArn("echo")}:live`,
            stateMachineVersionArn: `${machineArn("echo")}:7`,
          },
        },
        {
          type: "TaskStateEntered",
          id: 2,
          previousEventId: 0,
          stateEnteredEventDetails: { name: "Call", input: '{"n":1}', inputDetails: data },
        },
        {
          type: "TaskScheduled",
          id: 3,
          previousEventId: 2,
          taskScheduledEventDetails: {
            resourceType: "lambda",
            resource: "invoke",
            region: "eu-west-1",
            parameters: '{"FunctionName":"arn:aws:lambda:eu-west-1:000000000000:function:echo","Payload":{"n":1}}',
          },
        },
        {
          type: "TaskStarted",
          id: 4,
          previousEventId: 3,
          taskStartedEventDetails: { resourceType: "lambda", resource: "invoke" },
        },
      ]);
      expect(plain.slice(-2)).to.deep.equal([
        {
          type: "TaskStateExited",
          id: 6,
          previousEventId: 5,
          stateExitedEventDetails: { name: "Call", output: '{"n":1}', outputDetails: data },
        },
        {
          type: "ExecutionSucceeded",
          id: 7,
          previousEventId: 6,
          executionSucceededEventDetails: { output: '{"n":1}', outputDetails: data },
        },
      ]);
      expect(await history({ reverseOrder: true })).to.deep.equal([...all].reverse());
      const paged: number[] = [];
      const request = { executionArn, reverseOrder: true };
      for await (const { events = [] } of paginateGetExecutionHistory({ client: sfn, pageSize: 3 }, request)) {
        paged.push(...events.map(({ id }) => id as number));
      }
      expect(paged).to.deep.equal([7, 6, 5, 4, 3, 2, 1]);
      const bare = JSON.stringify(await history({ includeExecutionData: false }));
      expect(bare).not.to.contain("input").and.not.to.contain("output");
      const { nextToken } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1 }));
      const other = await start(machineArn("echo"), {});
      expect(
        await failureOf(sfn.send(new GetExecutionHistoryCommand({ executionArn: other, nextToken }))),
      ).to.deep.equal({ name: "InvalidToken", message: "Invalid Token: 'Invalid token'", status: 400 });
    });

    it("of an EXPRESS machine are only in the answer of their start", async () => {
      const stateMachineArn = machineArn("quick");
      const { $metadata, startDate, stopDate, ...sync } = await sfn.send(
        new StartSyncExecutionCommand({ stateMachineArn, input: '{"a":1}', name: "x" }),
      );
      expect(sync.executionArn)
        .to.match(/:express:quick:x:/)
        .and.match(UUID);
      expect(sync).to.deep.include({
        status: "SUCCEEDED",
        name: "x",
        stateMachineArn,
        output: '{"got":{"a":1}}',
        outputDetails: { included: true },
        billingDetails: { billedDurationInMilliseconds: 100, billedMemoryUsedInMB: 64 },
      });
      expect($metadata.httpStatusCode).to.equal(200);
      expect(stopDate).to.be.a("date");
      expect(startDate).to.be.a("date");
      const executionArn = await start(stateMachineArn, {});
      expect(await failureOf(describeExecution(executionArn))).to.deep.equal({
        name: "InvalidArn",
        message: "Invalid Arn: 'Resource type not valid in this context: express'",
        status: 400,
      });
      const unsupported = {
        name: "StateMachineTypeNotSupported",
        message: "This operation is not supported by this type of state machine",
        status: 400,
      };
      expect(await failureOf(sfn.send(new ListExecutionsCommand({ stateMachineArn })))).to.deep.equal(unsupported);
      const standard = new StartSyncExecutionCommand({ stateMachineArn: machineArn("wait") });
      expect(await failureOf(sfn.send(standard))).to.deep.equal(unsupported);
    });

    it("receive the answer to a task token, in the execution that waits for it", async () => {
      const [one, other] = [await start(machineArn("approve")), await start(machineArn("approve"))];
      const taskToken = await tokenOf(sfn, one);
      await sfn.send(new SendTaskHeartbeatCommand({ taskToken }));
      expect(await failureOf(sfn.send(new SendTaskSuccessCommand({ taskToken, output: "no json" })))).to.include({
        name: "InvalidOutput",
        status: 400,
      });
      await sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{"by":"me"}' }));
      expect(await ended(one)).to.include({ status: "SUCCEEDED", output: '{"by":"me"}' });
      await sfn.send(
        new SendTaskFailureCommand({ taskToken: await tokenOf(sfn, other), error: "Declined", cause: "no" }),
      );
      expect(await ended(other)).to.include({ status: "FAILED", error: "Declined", cause: "no" });
      expect(await failureOf(sfn.send(new SendTaskHeartbeatCommand({ taskToken })))).to.deep.equal({
        name: "TaskTimedOut",
        message: "Task Timed Out: 'Provided task does not exist anymore'",
        status: 400,
      });
      expect(await failureOf(sfn.send(new SendTaskHeartbeatCommand({ taskToken: "no token" })))).to.deep.equal({
        name: "InvalidToken",
        message: "Invalid Token: 'Invalid token'",
        status: 400,
      });
    });
  });

  describe("machines", () => {
    it("are listed, described, created, updated and deleted", async () => {
      const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}));
      expect(stateMachines.map(({ name }) => name)).to.include.members(["echo", "wait", "approve", "quick"]);
      const { arn, name } = await create();
      const created = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: arn }));
      expect(created).to.deep.include({
        name,
        status: "ACTIVE",
        type: "STANDARD",
        definition: PASS,
        roleArn: ROLE,
        loggingConfiguration: { level: "OFF", includeExecutionData: false },
        tracingConfiguration: { enabled: false },
      });
      expect(created).not.to.have.property("revisionId");
      const running = await start(arn, {});
      const update = (json: string) =>
        sfn.send(new UpdateStateMachineCommand({ stateMachineArn: arn, definition: json }));
      const { revisionId } = await update(FAILING);
      expect(revisionId).to.match(UUID);
      expect((await update(FAILING)).revisionId, "nothing has changed").to.equal(revisionId);
      const updated = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: arn }));
      expect(updated).to.include({ definition: FAILING, revisionId });
      const of = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn: running }));
      expect(of).to.include({ definition: PASS, name, stateMachineArn: arn, roleArn: ROLE });
      await sfn.send(new DeleteStateMachineCommand({ stateMachineArn: arn }));
      await sfn.send(new DeleteStateMachineCommand({ stateMachineArn: arn }));
      expect(await failureOf(sfn.send(new DescribeStateMachineCommand({ stateMachineArn: arn })))).to.deep.equal({
        name: "StateMachineDoesNotExist",
        message: `State Machine Does Not Exist: '${arn}'`,
        status: 400,
      });
    });

    it("are created once with the same content, and refused under the same name with another", async () => {
      const { name, arn } = await create();
      const again = (json: string) =>
        sfn.send(new CreateStateMachineCommand({ name, definition: json, roleArn: ROLE }));
      expect((await again(PASS)).stateMachineArn).to.equal(arn);
      expect(await failureOf(again(FAILING))).to.deep.equal({
        name: "StateMachineAlreadyExists",
        message: `State Machine Already Exists: '${arn}'`,
        status: 400,
      });
    });

    it("have versions, which never change, and whose numbers are never reused", async () => {
      const { arn, stateMachineVersionArn } = await create(PASS, { publish: true, versionDescription: "first" });
      expect(stateMachineVersionArn).to.equal(`${arn}:1`);
      const publish = (request: object = {}) =>
        sfn.send(new PublishStateMachineVersionCommand({ stateMachineArn: arn, ...request }));
      expect((await publish()).stateMachineVersionArn, "it is published").to.equal(`${arn}:1`);
      const { revisionId } = await sfn.send(
        new UpdateStateMachineCommand({ stateMachineArn: arn, definition: FAILING }),
      );
      expect(await failureOf(publish({ revisionId: "another" }))).to.deep.equal({
        name: "ConflictException",
        message: `Failed to publish the State Machine version for revision another. The current State Machine revision is ${String(revisionId)}.`,
        status: 400,
      });
      expect((await publish({ revisionId })).stateMachineVersionArn).to.equal(`${arn}:2`);
      const first = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: `${arn}:1` }));
      expect(first).to.include({ definition: PASS, description: "first", stateMachineArn: `${arn}:1` });
      await sfn.send(new DeleteStateMachineVersionCommand({ stateMachineVersionArn: `${arn}:2` }));
      expect((await publish()).stateMachineVersionArn).to.equal(`${arn}:3`);
      const { stateMachineVersions } = await sfn.send(new ListStateMachineVersionsCommand({ stateMachineArn: arn }));
      expect(stateMachineVersions?.map((each) => each.stateMachineVersionArn)).to.deep.equal([`${arn}:3`, `${arn}:1`]);
      expect(await ended(await start(`${arn}:1`))).to.include({ status: "SUCCEEDED" });
      expect(await ended(await start(arn))).to.include({ status: "FAILED" });
    });

    it("have aliases, which route to versions by weights", async () => {
      const { arn } = await create(PASS, { publish: true });
      await sfn.send(new UpdateStateMachineCommand({ stateMachineArn: arn, definition: FAILING, publish: true }));
      const route = (...weights: number[]) =>
        weights.map((weight, index) => ({ stateMachineVersionArn: `${arn}:${index + 1}`, weight }));
      const createAlias = (request: object) =>
        sfn.send(new CreateStateMachineAliasCommand({ name: "live", routingConfiguration: route(100), ...request }));
      const { stateMachineAliasArn: alias } = await createAlias({});
      expect(alias).to.equal(`${arn}:live`);
      expect((await createAlias({})).stateMachineAliasArn).to.equal(alias);
      expect(await failureOf(createAlias({ description: "other" }))).to.deep.equal({
        name: "ConflictException",
        message:
          "Failed to create alias because an alias with the same name and a different routing configuration already exists.",
        status: 400,
      });
      const refusals: readonly (readonly [object, string])[] = [
        [
          { routingConfiguration: route(70, 29) },
          "Sum of routing configuration weights must equal 100. Received: [70, 29]",
        ],
        [
          { routingConfiguration: [...route(50), ...route(50)] },
          `Routing configuration must contain distinct state machine version ARNs. Received: [${arn}:1, ${arn}:1]`,
        ],
        [
          { routingConfiguration: [{ stateMachineVersionArn: arn, weight: 100 }] },
          `Routing configuration must contain state machine version ARNs. Received: [${arn}]`,
        ],
        [
          { routingConfiguration: route(101) },
          "1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have value less than or equal to 100",
        ],
        [
          { name: "123" },
          "1 validation error detected: Value '123' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$",
        ],
      ];
      for (const [request, message] of refusals) {
        expect(await failureOf(createAlias(request))).to.deep.equal({
          name: "ValidationException",
          message,
          status: 400,
        });
      }
      const update = (routingConfiguration: ReturnType<typeof route>) =>
        sfn.send(new UpdateStateMachineAliasCommand({ stateMachineAliasArn: alias, routingConfiguration }));
      await update(route(50, 50));
      const described = await sfn.send(new DescribeStateMachineAliasCommand({ stateMachineAliasArn: alias }));
      expect(described).to.deep.include({ name: "live", routingConfiguration: route(50, 50) });
      const statuses = new Set<unknown>();
      for (let n = 0; n < 64; n++) statuses.add((await ended(await start(alias as string))).status);
      expect([...statuses]).to.have.members(["SUCCEEDED", "FAILED"]);
      expect(
        await failureOf(sfn.send(new DeleteStateMachineVersionCommand({ stateMachineVersionArn: `${arn}:1` }))),
      ).to.deep.equal({
        name: "ConflictException",
        message:
          "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [live]",
        status: 400,
      });
      const { stateMachineAliases } = await sfn.send(new ListStateMachineAliasesCommand({ stateMachineArn: arn }));
      expect(stateMachineAliases?.map((each) => each.stateMachineAliasArn)).to.deep.equal([alias]);
      await sfn.send(new DeleteStateMachineAliasCommand({ stateMachineAliasArn: alias }));
      expect(
        await failureOf(sfn.send(new DescribeStateMachineAliasCommand({ stateMachineAliasArn: alias }))),
      ).to.deep.equal({
        name: "ResourceNotFound",
        message: "Request references a resource that does not exist.",
        status: 400,
      });
    });

    it("are validated, also for features that this machine does not run", async () => {
      const validate = async (json: string, type?: "EXPRESS") => {
        const { result, diagnostics } = await sfn.send(
          new ValidateStateMachineDefinitionCommand({ definition: json, type }),
        );
        return { result, diagnostics };
      };
      expect(await validate(PASS)).to.deep.equal({ result: "OK", diagnostics: [] });
      const failed = (code: string, message: string, location?: string) => ({
        result: "FAIL",
        diagnostics: [{ severity: "ERROR", code, message, ...(location !== undefined && { location }) }],
      });
      expect(await validate("{}")).to.deep.equal(
        failed("SCHEMA_VALIDATION_FAILED", "These fields are required: [States, StartAt]", "/"),
      );
      expect(await validate("")).to.deep.equal(
        failed("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object"),
      );
      expect((await validate("not a definition")).diagnostics?.[0]?.message).to.equal(
        "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
      );
      const waiting = definition({
        Ask: { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken", Arguments: {}, End: true },
      });
      expect(await validate(waiting, "EXPRESS")).to.deep.equal(
        failed(
          "SCHEMA_VALIDATION_FAILED",
          "Express state machine does not support '.waitForTaskToken' service integration",
          "/States/Ask/Resource",
        ),
      );
      const jsonPath = JSON.stringify({ StartAt: "Pass", States: { Pass: { Type: "Pass", End: true } } });
      const why =
        "JSONPath states are not implemented on this machine, which runs definitions whose QueryLanguage is JSONata, " +
        "without Distributed Map, activities and credentials of other accounts";
      expect(await validate(jsonPath)).to.deep.equal(failed("NOT_IMPLEMENTED", why, "/States/Pass/QueryLanguage"));
      expect(await failureOf(create(jsonPath))).to.deep.equal({
        name: "InvalidDefinition",
        message: `Invalid State Machine Definition: 'NOT_IMPLEMENTED: ${why} at /States/Pass/QueryLanguage'`,
        status: 400,
      });
    });

    it("have their states tested one by one, with real calls or with mocks", async () => {
      const test = async (request: object, state: object) => {
        const definition = JSON.stringify({ QueryLanguage: "JSONata", ...state });
        const told: object = await sfn.send(new TestStateCommand({ definition, ...request }));
        return Object.fromEntries(Object.entries(told).filter(([name]) => name !== "$metadata"));
      };
      const call = {
        Type: "Task",
        Resource: "arn:aws:states:::lambda:invoke",
        Arguments: { FunctionName: "arn:aws:lambda:eu-west-1:000000000000:function:echo", Payload: { a: 1 } },
        Output: "{% $states.result.Payload %}",
        Next: "Then",
      };
      expect(await test({ roleArn: ROLE }, call)).to.deep.equal({
        status: "SUCCEEDED",
        output: '{"a":1}',
        nextState: "Then",
      });
      const mocked = { mock: { result: '{"Payload":{"b":2}}' }, inspectionLevel: "DEBUG" };
      expect(await test(mocked, call)).to.deep.equal({
        status: "SUCCEEDED",
        output: '{"b":2}',
        nextState: "Then",
        inspectionData: {
          input: "{}",
          afterArguments: JSON.stringify(call.Arguments),
          result: '{"Payload":{"b":2}}',
        },
      });
      const refused = { roleArn: ROLE, input: '{"fail":"no card"}' };
      const failing = await test(refused, {
        ...call,
        Arguments: { ...call.Arguments, Payload: "{% $states.input %}" },
      });
      expect(failing).to.include({ status: "FAILED", error: "Refused" });
      expect(await failureOf(test({}, call))).to.deep.equal({
        name: "ValidationException",
        message: "RoleArn must be specified when testing a Task state",
        status: 400,
      });
      expect(await failureOf(test({ mock: { result: "{}" } }, { Type: "Pass", End: true }))).to.deep.equal({
        name: "ValidationException",
        message: "State type 'Pass' is not supported when a mock is specified",
        status: 400,
      });
    });
  });

  it("refuses invalid requests in AWS's words", async () => {
    const arn = machineArn("echo");
    const refusals: readonly (readonly [request: () => Promise<unknown>, name: string, message: string])[] = [
      [() => start("not_an_arn"), "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: not_an_arn'"],
      [() => start(`${arn}s`), "StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}s'`],
      [() => start(`${arn}:8`), "StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}:8'`],
      [() => start(arn, {}, "a b"), "InvalidName", "Invalid Name: 'a b'"],
      [
        () => sfn.send(new StartExecutionCommand({ stateMachineArn: arn, input: "not json" })),
        "InvalidExecutionInput",
        "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')'",
      ],
      [
        () => sfn.send(new StartExecutionCommand({ stateMachineArn: arn, input: "" })),
        "InvalidExecutionInput",
        "Invalid State Machine Execution Input: 'Invalid execution input.'",
      ],
      [
        () => start(arn, "x".repeat(262_144)),
        "ValidationException",
        "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to 262144",
      ],
      [
        () => start(arn, "é".repeat(200_000)),
        "InvalidExecutionInput",
        "Invalid State Machine Execution Input: 'The input of the execution is larger than 262144 bytes'",
      ],
      [
        () => describeExecution(`arn:aws:states:eu-west-1:000000000000:execution:echo:none`),
        "ExecutionDoesNotExist",
        "Execution Does Not Exist: 'arn:aws:states:eu-west-1:000000000000:execution:echo:none'",
      ],
      [
        () => sfn.send(new ListExecutionsCommand({ stateMachineArn: arn, maxResults: 1001 })),
        "ValidationException",
        "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
      ],
      [
        () => sfn.send(new ListExecutionsCommand({ stateMachineArn: arn, statusFilter: "succeeded" as never })),
        "ValidationException",
        "1 validation error detected: Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]",
      ],
      [
        () => sfn.send(new ListExecutionsCommand({ stateMachineArn: arn, nextToken: "x".repeat(3097) })),
        "ValidationException",
        `1 validation error detected: Value '${"x".repeat(3097)}' at 'nextToken' failed to satisfy constraint: Member must have length less than or equal to 3096`,
      ],
      [
        () => sfn.send(new DescribeExecutionCommand({} as never)),
        "ValidationException",
        "1 validation error detected: Value null at 'executionArn' failed to satisfy constraint: Member must not be null",
      ],
      [
        () => sfn.send(new DescribeExecutionCommand({ executionArn: 1 as never })),
        "SerializationException",
        "NUMBER_VALUE can not be converted to String",
      ],
      [
        () => sfn.send(new UpdateStateMachineCommand({ stateMachineArn: arn })),
        "MissingRequiredParameter",
        "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
      ],
      [
        () => create(PASS, { versionDescription: "v" }),
        "ValidationException",
        "Version description can only be set when publish is true",
      ],
      [
        () => create("{}"),
        "InvalidDefinition",
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /'",
      ],
    ];
    for (const [request, name, message] of refusals) {
      expect(await failureOf(request())).to.deep.equal({ name, message, status: 400 });
    }
  });
});
