import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient, ListTablesCommand, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import {
  DeleteFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
} from "@aws-sdk/client-lambda";
import { SendTaskFailureCommand, SendTaskSuccessCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { expect } from "chai";
import type { LocalCloud } from "../../../saga/local/cloud";
import { clientOptions, failureOf, machineArn, startCloud, tokenOf } from "./fixture";

const ECHO = "arn:aws:lambda:eu-west-1:000000000000:function:echo";

describe("the other services on the wire, through the SDK's clients", function () {
  this.timeout(60_000);
  let cloud: LocalCloud;
  let lambda: LambdaClient;
  let logs: CloudWatchLogsClient;

  before(async () => {
    cloud = await startCloud();
    lambda = new LambdaClient(clientOptions(cloud));
    logs = new CloudWatchLogsClient(clientOptions(cloud));
  });
  after(() => cloud.close());

  const invoke = async (payload: string): Promise<string> =>
    (
      await lambda.send(new InvokeCommand({ FunctionName: "echo", Payload: Buffer.from(payload) }))
    ).Payload?.transformToString() ?? "";

  describe("Lambda", () => {
    const invoke = async (payload: string, options: object = {}) => {
      const told = await lambda.send(
        new InvokeCommand({ FunctionName: "echo", Payload: Buffer.from(payload), ...options }),
      );
      return { ...told, payload: told.Payload?.transformToString() ?? "", tail: atob(told.LogResult ?? "") };
    };

    it("invokes a function by its name, its ARN or a part of it, and returns its log", async () => {
      for (const FunctionName of ["echo", "echo:$LATEST", ECHO, "000000000000:function:echo"]) {
        const told = await invoke('{"a":1}', { FunctionName, LogType: "Tail" });
        expect(told).to.include({ StatusCode: 200, ExecutedVersion: "$LATEST", payload: '{"a":1}' });
        expect(told.FunctionError).to.equal(undefined);
        expect(told.tail).to.contain('got {"a":1}\n');
      }
    });

    it("distinguishes a function that fails from a request that fails", async () => {
      const refused = await invoke('{"fail":"no card"}');
      expect(refused).to.include({ StatusCode: 200, FunctionError: "Unhandled" });
      expect(JSON.parse(refused.payload)).to.include({ errorType: "Refused", errorMessage: "no card" });
      const exited = await invoke('{"exit":true}');
      expect(JSON.parse(exited.payload)).to.have.property("errorType", "Runtime.ExitError");
      expect(await failureOf(invoke("{}", { FunctionName: "none" }))).to.deep.equal({
        name: "ResourceNotFoundException",
        message: "Function not found: arn:aws:lambda:eu-west-1:000000000000:function:none",
        status: 404,
      });
      expect(await failureOf(invoke("{}", { Qualifier: "9" }))).to.include({
        name: "ResourceNotFoundException",
        message: `Function not found: ${ECHO}:9`,
      });
      expect(await failureOf(invoke("no json"))).to.include({ name: "InvalidRequestContentException", status: 400 });
      expect(await failureOf(invoke(`"${"x".repeat(6 * 1024 * 1024)}"`))).to.deep.equal({
        name: "RequestTooLargeException",
        message: "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
        status: 413,
      });
      expect(await failureOf(invoke(`"${"x".repeat(1024 * 1024)}"`, { InvocationType: "Event" }))).to.deep.equal({
        name: "RequestTooLargeException",
        message: "1048578 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
        status: 413,
      });
    });

    it("accepts an asynchronous call, and makes none for a dry run", async () => {
      const since = cloud.logs.last("/aws/lambda/echo");
      expect(await invoke('{"dry":1}', { InvocationType: "DryRun" })).to.include({ StatusCode: 204 });
      expect(await invoke('{"event":1}', { InvocationType: "Event" })).to.include({ StatusCode: 202 });
      await cloud.settled();
      expect(cloud.logs.after("/aws/lambda/echo", since)).to.deep.equal(['got {"event":1}']);
    });

    it("lists and describes functions", async () => {
      const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
      expect(Functions.map(({ FunctionName }) => FunctionName)).to.deep.equal(["echo", "other"]);
      const { Functions: first = [], NextMarker } = await lambda.send(new ListFunctionsCommand({ MaxItems: 1 }));
      expect(first).to.have.length(1);
      const rest = await lambda.send(new ListFunctionsCommand({ MaxItems: 1, Marker: NextMarker }));
      expect(rest.Functions?.map(({ FunctionName }) => FunctionName)).to.deep.equal(["other"]);
      const { Configuration, Tags } = await lambda.send(new GetFunctionCommand({ FunctionName: "echo" }));
      expect(Configuration).to.include({
        FunctionArn: ECHO,
        Runtime: "nodejs20.x",
        Handler: "__index.handler",
        Role: "arn:aws:iam::000000000000:role/all",
        Version: "$LATEST",
        Timeout: 3,
      });
      expect(Tags).to.deep.equal({ task: "echo" });
    });
  });

  it("forwards DynamoDB's requests to the tables, and returns their answers", async () => {
    const client = new DynamoDBClient(clientOptions(cloud));
    expect((await client.send(new ListTablesCommand({}))).TableNames).to.deep.equal(["orders"]);
    await client.send(new PutItemCommand({ TableName: "orders", Item: { id: { S: "1" }, total: { N: "5" } } }));
    const { Items } = await client.send(
      new QueryCommand({
        TableName: "orders",
        KeyConditionExpression: "id = :id",
        ExpressionAttributeValues: { ":id": { S: "1" } },
      }),
    );
    expect(Items).to.deep.equal([{ id: { S: "1" }, total: { N: "5" } }]);
    expect(
      await failureOf(client.send(new PutItemCommand({ TableName: "none", Item: { id: { S: "1" } } }))),
    ).to.include({
      name: "ResourceNotFoundException",
      status: 400,
    });
  });

  it("identifies a caller as the account, or as the function's session of its role", async () => {
    const client = new STSClient(clientOptions(cloud));
    const { $metadata, ...root } = await client.send(new GetCallerIdentityCommand({}));
    expect(root).to.deep.equal({
      Account: "000000000000",
      Arn: "arn:aws:iam::000000000000:root",
      UserId: "000000000000",
    });
    expect($metadata.requestId).to.match(/^[0-9a-f-]{36}$/);
    expect(await failureOf(client.send(new GetSessionTokenCommand({})))).to.include({
      name: "UnknownOperationException",
      status: 400,
    });
  });

  it("reads the functions' logs, in pages, by stream and by filter", async () => {
    await lambda.send(new InvokeCommand({ FunctionName: "other", Payload: Buffer.from('{"n":1}') }));
    for (let n = 2; n <= 5; n++) {
      await lambda.send(new InvokeCommand({ FunctionName: "other", Payload: Buffer.from(`{"n":${n}}`) }));
    }
    const logGroupName = "/aws/lambda/other";
    const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "/aws/lambda/o" }));
    expect(logGroups.map((group) => group.logGroupName)).to.deep.equal([logGroupName]);
    const { logStreams = [] } = await logs.send(new DescribeLogStreamsCommand({ logGroupName }));
    const logStreamName = logStreams[0]?.logStreamName as string;
    expect(logStreamName).to.match(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
    const lines = Array.from({ length: 5 }, (_, index) => `got {"n":${index + 1}}`);
    const read = async (request: object) => {
      const { events = [], ...tokens } = await logs.send(
        new GetLogEventsCommand({ logGroupName, logStreamName, ...request }),
      );
      return { ...tokens, lines: events.map(({ message }) => message) };
    };
    const first = await read({ startFromHead: true, limit: 3 });
    expect(first.lines).to.deep.equal(lines.slice(0, 3));
    const second = await read({ nextToken: first.nextForwardToken });
    expect(second.lines).to.deep.equal(lines.slice(3));
    expect(await read({ nextToken: second.nextForwardToken })).to.deep.include({
      lines: [],
      nextForwardToken: second.nextForwardToken,
    });
    expect((await read({ nextToken: second.nextBackwardToken })).lines).to.deep.equal(lines.slice(0, 3));
    const filter = async (request: object) => logs.send(new FilterLogEventsCommand({ logGroupName, ...request }));
    const page = await filter({ limit: 2 });
    expect(page.events?.map(({ message }) => message)).to.deep.equal(lines.slice(0, 2));
    const next = await filter({ nextToken: page.nextToken });
    expect(next.events?.map(({ message }) => message)).to.deep.equal(lines.slice(2));
    expect((await filter({ filterPattern: "got -1 -2 -3 -4" })).events?.map(({ message }) => message)).to.deep.equal([
      lines[4],
    ]);
    expect((await filter({ filterPattern: '?"{\\"n\\":1" ?5' })).events).to.have.length(2);
    expect(await failureOf(filter({ filterPattern: "{ $.n = 1 }" }))).to.include({ name: "InvalidParameterException" });
    expect(await failureOf(filter({ logGroupName: "/aws/lambda/none" }))).to.deep.equal({
      name: "ResourceNotFoundException",
      message: "The specified log group does not exist.",
      status: 400,
    });
    const put = new PutLogEventsCommand({ logGroupName, logStreamName, logEvents: [{ timestamp: 1, message: "x" }] });
    expect(await failureOf(logs.send(put))).to.include({ name: "UnknownOperationException", status: 400 });
  });

  it("reports an operation that is not supported as unknown", async () => {
    const remove = new DeleteFunctionCommand({ FunctionName: "echo" });
    expect(await failureOf(lambda.send(remove))).to.include({ name: "UnknownOperationException", status: 400 });
  });

  it("lets a deployed function do what its role allows, and nothing else", async () => {
    const whoami = await invoke('{"key":true}');
    const { accessKeyId } = JSON.parse(whoami) as { accessKeyId: string };
    const credentials = { accessKeyId, secretAccessKey: "x" };
    const options = { ...clientOptions(cloud), credentials };
    const who = await new STSClient(options).send(new GetCallerIdentityCommand({}));
    expect(who.Arn).to.equal("arn:aws:sts::000000000000:assumed-role/all/echo");
    const invoked = await new LambdaClient(options).send(
      new InvokeCommand({ FunctionName: ECHO, Payload: Buffer.from("{}") }),
    );
    expect(invoked.StatusCode).to.equal(200);
    const stateMachineArn = machineArn("quick");
    const denied = await failureOf(new SFNClient(options).send(new StartExecutionCommand({ stateMachineArn })));
    expect(denied).to.deep.equal({
      name: "AccessDeniedException",
      message:
        "User: arn:aws:sts::000000000000:assumed-role/all/echo is not authorized to perform: states:StartExecution on " +
        `resource: ${stateMachineArn} because no identity-based policy allows the states:StartExecution action`,
      status: 400,
    });
    expect(await failureOf(new DynamoDBClient(options).send(new ListTablesCommand({})))).to.include({
      name: "AccessDeniedException",
    });
  });

  // https://github.com/aws/aws-cdk/pull/8486: the permission is one on the machine.
  it("lets a function answer a task token if its role may do so on the token's state machine", async () => {
    const { accessKeyId } = JSON.parse(await invoke('{"key":true}')) as { accessKeyId: string };
    const function_ = new SFNClient({ ...clientOptions(cloud), credentials: { accessKeyId, secretAccessKey: "x" } });
    const sfn = new SFNClient(clientOptions(cloud));
    const stateMachineArn = machineArn("approve");
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
    const taskToken = await tokenOf(sfn, executionArn as string);
    expect(await failureOf(function_.send(new SendTaskFailureCommand({ taskToken })))).to.deep.include({
      name: "AccessDeniedException",
      message:
        "User: arn:aws:sts::000000000000:assumed-role/all/echo is not authorized to perform: states:SendTaskFailure on " +
        `resource: ${stateMachineArn} because no identity-based policy allows the states:SendTaskFailure action`,
    });
    await function_.send(new SendTaskSuccessCommand({ taskToken, output: "{}" }));
    expect(await failureOf(function_.send(new SendTaskSuccessCommand({ taskToken, output: "{}" })))).to.include({
      name: "TaskTimedOut",
    });
  });
});
