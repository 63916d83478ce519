import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { MessagePort } from "node:worker_threads";
import { expect } from "chai";
import { type LocalDynamoDB, type Rows, startDynamoDB } from "../../saga/local/dynamodb/table";
import type { InvocationError } from "../../saga/local/lambda/errors";
import { type DeployedFunction, deployFunction } from "../../saga/local/lambda/function";

describe("the connection of a function to the tables", () => {
  // Nothing listens at this address. So each answer comes through the port.
  const nowhere = "http://127.0.0.1:9";
  const body = `
    const { DynamoDBClient } = require("@aws-sdk/client-dynamodb");
    const { DynamoDBDocumentClient, UpdateCommand } = require("@aws-sdk/lib-dynamodb");
    exports.handler = async ({ endpoint, requestHandler, TableName, aborts, ...input }) => {
      const client = new DynamoDBClient({ endpoint, requestHandler, maxAttempts: 1 });
      const options = aborts ? { abortSignal: new AbortController().signal } : {};
      const command = new UpdateCommand({ TableName, Key: { id: "é" }, ReturnValues: "ALL_NEW", ...input });
      const { Attributes, $metadata } = await DynamoDBDocumentClient.from(client).send(command, options);
      return { Attributes, status: $metadata.httpStatusCode };
    }`;
  let dynamoDB: LocalDynamoDB;
  let rows: Rows;
  let run: DeployedFunction;
  let denied: string | undefined;
  let connect: (port: MessagePort) => void;

  before(async () => {
    const refusal = () => ({ __type: "com.amazon.coral.service#AccessDeniedException", Message: denied ?? "" });
    const decide = async () => ({ lasts: false, ...(denied !== undefined && { refusal: refusal() }) });
    dynamoDB = await startDynamoDB({ decide });
    rows = await dynamoDB.create({ attributes: [{ name: "id", type: "S" }], hashKey: "id" }, "Things");
  });
  beforeEach(async () => {
    denied = undefined;
    connect = (port) => {
      dynamoDB.connect(port);
    };
    await rows.clear();
    run = deployFunction({
      ...{ name: "things", code: { "__index.js": body }, handler: "__index.handler", timeoutSeconds: 10, memory: 256 },
      environment: { AWS_REGION: "eu-west-1" },
      tables: {
        endpoint: nowhere,
        connect: (port) => {
          connect(port);
        },
      },
    });
  });
  afterEach(() => run.close());
  after(() => dynamoDB.close());

  const write = (input: object) =>
    run.invoke({ TableName: "Things", endpoint: nowhere, ...input }).then(
      ({ payload }) => payload,
      (error: unknown) => (error as InvocationError).error,
    );

  it("is a message port, for an unmodified client of the SDK", async () => {
    expect(await write({})).to.deep.equal({ Attributes: { id: "é" }, status: 200 });
    expect(await rows.rows()).to.deep.equal([{ id: "é" }]);
  });

  it("has the errors of DynamoDB, and of the access control", async () => {
    expect(await write({ ConditionExpression: "attribute_exists(id)" })).to.equal("ConditionalCheckFailedException");
    expect(await write({ TableName: "Others" })).to.equal("ResourceNotFoundException");
    denied = "because no identity-based policy allows the dynamodb:UpdateItem action";
    expect(await write({})).to.equal("AccessDeniedException");
    expect(await rows.rows()).to.deep.equal([]);
  });

  it("respects the client's request timeout", async () => {
    connect = () => {};
    const requestHandler = { requestTimeout: 100, throwOnRequestTimeout: true };
    expect(await write({ requestHandler })).to.equal("TimeoutError");
  });

  describe("is a socket", () => {
    let other: HttpServer;
    before(async () => {
      const headers = { "Content-Type": "application/x-amz-json-1.0" };
      other = createServer((_, outgoing) => {
        outgoing.writeHead(200, headers).end(JSON.stringify({ Attributes: { id: { S: "of another" } } }));
      });
      await once(other.listen(0, "127.0.0.1"), "listening");
    });
    after(() => {
      other.close();
      other.closeAllConnections();
    });

    it("to any other endpoint", async () => {
      const endpoint = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
      expect(await write({ endpoint })).to.deep.equal({ Attributes: { id: "of another" }, status: 200 });
    });

    it("for requests with an abort signal", async () => {
      expect(await write({ aborts: true })).to.equal("Error");
    });
  });
});
