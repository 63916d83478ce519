import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient, ExecuteStatementCommand } from "@aws-sdk/client-dynamodb";
import {
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactGetCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { expect } from "chai";
import { adviceOn, TABLE_ACTIONS } from "../../saga/cli/advice";
import type { TableAction } from "../../saga/language";
import { LocalCloud } from "../../saga/local/cloud";
import { ACTIONS } from "../../saga/local/dynamodb/server";
import { type LocalDynamoDB, type Rows, startDynamoDB, type TableInputs } from "../../saga/local/dynamodb/table";
import { evaluateProgram, type Program } from "../../saga/local/program";
import type { ExecutionReport } from "../../saga/local/report";
import { TABLE } from "../../saga/local/resources";
import { SLOW } from "../slow";

const load = createRequire(__filename);
const ACCOUNTS: TableInputs = { attributes: [{ name: "id", type: "S" }], hashKey: "id" };
const LEDGER: TableInputs = {
  attributes: ["account", "booking", "day"].map((name) => ({ name, type: "S" })),
  hashKey: "account",
  rangeKey: "booking",
  globalSecondaryIndexes: [{ name: "byDay", hashKey: "day", projectionType: "ALL" }],
};

type Items = NonNullable<TransactWriteCommandInput["TransactItems"]>;
interface Failure {
  readonly name: string;
  readonly message: string;
  readonly CancellationReasons?: readonly object[];
}

const clientOf = (endpoint: string): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(
    new DynamoDBClient({
      endpoint,
      region: "eu-west-1",
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
      maxAttempts: 1,
    }),
  );
const failureOf = (request: Promise<unknown>): Promise<Failure> =>
  request.then(
    () => expect.fail("it succeeds"),
    (error: unknown) => error as Failure,
  );

const add = (id: string, amount: number, condition: object = {}): Items[number] => ({
  Update: {
    TableName: "Accounts",
    Key: { id },
    UpdateExpression: "ADD balance :amount",
    ExpressionAttributeValues: { ":amount": amount },
    ...condition,
  },
});
const book = (booking: string, more: object = {}): Items[number] => ({
  Put: {
    TableName: "Ledger",
    Item: { account: "ada", booking, ...more },
    ConditionExpression: "attribute_not_exists(booking)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  },
});

describe("transactions on the tables", () => {
  let dynamoDB: LocalDynamoDB;
  let accounts: Rows;
  let ledger: Rows;
  let db: DynamoDBDocumentClient;
  let minutes = 0;

  before(async () => {
    dynamoDB = await startDynamoDB({ now: () => minutes * 60_000 });
    accounts = await dynamoDB.create(ACCOUNTS, "Accounts");
    ledger = await dynamoDB.create(LEDGER, "Ledger");
    db = clientOf(dynamoDB.endpoint);
  });
  beforeEach(() => Promise.all([accounts.clear(), ledger.clear()]));
  after(async () => {
    db.destroy();
    await dynamoDB.close();
  });

  const write = (TransactItems: Items, more: Partial<TransactWriteCommandInput> = {}) =>
    db.send(new TransactWriteCommand({ TransactItems, ...more }));

  it("write all items of all tables, and their indexes", async () => {
    await write([book("1", { day: "monday" }), book("2", { day: "monday" }), add("ada", 5)]);
    const remove = { Delete: { TableName: "Ledger", Key: { account: "ada", booking: "1" } } };
    const check = {
      ConditionCheck: {
        TableName: "Accounts",
        Key: { id: "ada" },
        ConditionExpression: "balance = :five",
        ExpressionAttributeValues: { ":five": 5 },
      },
    };
    await write([remove, check, book("3", { day: "monday" })]);
    expect(await accounts.rows()).to.deep.equal([{ id: "ada", balance: 5 }]);
    expect(await ledger.rows()).to.deep.equal(
      ["2", "3"].map((booking) => ({ account: "ada", booking, day: "monday" })),
    );
    const { Items: found } = await db.send(
      new QueryCommand({
        TableName: "Ledger",
        IndexName: "byDay",
        KeyConditionExpression: "#day = :day",
        ExpressionAttributeNames: { "#day": "day" },
        ExpressionAttributeValues: { ":day": "monday" },
      }),
    );
    expect(found?.map(({ booking }) => booking)).to.have.members(["2", "3"]);
  });

  it("write nothing if one condition fails, and give a reason for each item", async () => {
    await write([book("1", { amount: 7 })]);
    const enough = { ConditionExpression: "balance > :amount" };
    const failed = await failureOf(write([add("ben", 1), book("1"), add("ada", 1, enough), book("2")]));
    expect(failed.name).to.equal("TransactionCanceledException");
    expect(failed.message).to.equal(
      "Transaction cancelled, please refer cancellation reasons for specific reasons " +
        "[None, ConditionalCheckFailed, ConditionalCheckFailed, None]",
    );
    const Message = "The conditional request failed";
    expect(failed.CancellationReasons).to.deep.equal([
      { Code: "None" },
      {
        Code: "ConditionalCheckFailed",
        Message,
        Item: { account: { S: "ada" }, booking: { S: "1" }, amount: { N: "7" } },
      },
      { Code: "ConditionalCheckFailed", Message },
      { Code: "None" },
    ]);
    expect(await accounts.rows()).to.deep.equal([]);
    expect(await ledger.rows()).to.have.length(1);
  });

  // The real service's answers, by the conformance suite of nubo-db and by moto's tests that were verified on AWS.
  const put = (Item: Record<string, unknown>, TableName = "Accounts"): Items[number] => ({ Put: { TableName, Item } });
  const MISMATCH = "The provided key element does not match the schema";
  const refusals: Readonly<Record<string, readonly [items: Items, name: string, message: string | RegExp]>> = {
    "no item": [
      [],
      "ValidationException",
      "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: " +
        "Member must have length greater than or equal to 1",
    ],
    "101 items": [
      Array.from({ length: 101 }, (_, at) => put({ id: String(at) })),
      "ValidationException",
      /^1 validation error detected: Value '\[.+\]' at 'transactItems' failed .* less than or equal to 100$/s,
    ],
    "two operations on one item": [
      [book("1"), { Delete: { TableName: "Ledger", Key: { booking: "1", account: "ada" } } }],
      "ValidationException",
      "Transaction request cannot include multiple operations on one item",
    ],
    "an item without an operation": [
      [{}],
      "ValidationException",
      "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request",
    ],
    "an item with two operations": [
      [{ ...book("1"), ...add("ada", 1) }],
      "ValidationException",
      "TransactItems can only contain one of Check, Put, Update or Delete",
    ],
    "a table that does not exist": [
      [add("ada", 1), put({ id: "1" }, "Nowhere")],
      "ResourceNotFoundException",
      "Requested resource not found",
    ],
    "a name that no table has": [
      [add("ada", 1), put({ id: "1" }, "bad!name")],
      "ValidationException",
      "1 validation error detected: Value 'bad!name' at 'transactItems.2.member.put.tableName' failed to satisfy " +
        "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
    ],
    "an expression that can't be parsed": [
      [add("ada", 1, { ConditionExpression: "attribute_not_exists(" })],
      "ValidationException",
      /^Invalid ConditionExpression: Syntax error; /,
    ],
    "an unused value": [
      [add("ada", 1, { ExpressionAttributeValues: { ":amount": 1, ":v": 1 } })],
      "ValidationException",
      "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}",
    ],
    "an empty key": [
      [book("1"), add("", 1)],
      "ValidationException",
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty " +
        "string value. Key: id",
    ],
    "an item over 400 KB": [
      [put({ id: "1", text: "x".repeat(400 * 1024) })],
      "ValidationException",
      "Item size has exceeded the maximum allowed size",
    ],
  };
  for (const [title, [items, name, message]] of Object.entries(refusals)) {
    it(`refuse ${title}`, async () => {
      const failed = await failureOf(write(items));
      expect(failed.name).to.equal(name);
      if (message instanceof RegExp) expect(failed.message).to.match(message);
      else expect(failed.message).to.equal(message);
      expect(await ledger.rows()).to.deep.equal([]);
      expect(await accounts.rows()).to.deep.equal([]);
    });
  }

  it("are cancelled for what is wrong with an item in its table", async () => {
    await write([put({ id: "text", balance: "none" })]);
    const failed = await failureOf(
      write([
        put({ id: 5 }),
        { Delete: { TableName: "Accounts", Key: { id: 5 } } },
        add("text", 1),
        { Put: { TableName: "Ledger", Item: { account: "ada", booking: "1", day: 1 } } },
        add("ada", 1),
      ]),
    );
    const invalid = "One or more parameter values were invalid: Type mismatch for";
    expect(failed.CancellationReasons).to.deep.equal([
      { Code: "ValidationError", Message: `${invalid} key id expected: S actual: N` },
      { Code: "ValidationError", Message: MISMATCH },
      { Code: "ValidationError", Message: "An operand in the update expression has an incorrect data type" },
      { Code: "ValidationError", Message: `${invalid} Index Key day Expected: S Actual: N IndexName: byDay` },
      { Code: "None" },
    ]);
    expect(await accounts.rows()).to.deep.equal([{ id: "text", balance: "none" }]);
  });

  it(`have up to 4 MB ${SLOW}`, async () => {
    const items = (count: number) =>
      Array.from({ length: count }, (_, at) => put({ id: String(at), text: "x".repeat(350_000) }));
    await write(items(11));
    const failed = await failureOf(write(items(12)));
    expect(failed.name).to.equal("ValidationException");
    const Get = (_: unknown, at: number) => ({ Get: { TableName: "Accounts", Key: { id: String(at) } } });
    const read = (length: number) => db.send(new TransactGetCommand({ TransactItems: Array.from({ length }, Get) }));
    expect((await read(11)).Responses).to.have.length(11);
    await dynamoDB.call("PutItem", {
      TableName: "Accounts",
      Item: { id: { S: "11" }, text: { S: "x".repeat(350_000) } },
    });
    expect((await failureOf(read(12))).name).to.equal("ValidationException");
  });

  it("read all items at one moment", async () => {
    await write([add("ada", 1), book("1", { day: "monday" })]);
    const TransactItems = [
      { Get: { TableName: "Ledger", Key: { account: "ada", booking: "1" }, ProjectionExpression: "booking" } },
      { Get: { TableName: "Accounts", Key: { id: "ben" } } },
      { Get: { TableName: "Accounts", Key: { id: "ada" } } },
      { Get: { TableName: "Ledger", Key: { account: "ada", booking: "2" } } },
    ];
    const read = new TransactGetCommand({ TransactItems, ReturnConsumedCapacity: "TOTAL" });
    const { Responses, ConsumedCapacity } = await db.send(read);
    expect(Responses).to.deep.equal([{ Item: { booking: "1" } }, {}, { Item: { id: "ada", balance: 1 } }, {}]);
    expect(ConsumedCapacity).to.deep.equal([
      { TableName: "Ledger", CapacityUnits: 4, ReadCapacityUnits: 4 },
      { TableName: "Accounts", CapacityUnits: 4, ReadCapacityUnits: 4 },
    ]);
    const wrong = { Get: { TableName: "Accounts", Key: { id: 1 } } };
    const failed = await failureOf(db.send(new TransactGetCommand({ TransactItems: [...TransactItems, wrong] })));
    expect(failed.CancellationReasons?.at(-1)).to.deep.equal({ Code: "ValidationError", Message: MISMATCH });
  });

  it("and other requests run one after the other", async () => {
    const both = () => write([add("ada", 1), add("ben", -1)]);
    const alone = (id: string, amount: number) => db.send(new UpdateCommand(add(id, amount).Update as never));
    const Keys = ["ada", "ben"].map((id) => ({ Get: { TableName: "Accounts", Key: { id } } }));
    const sum = async () => {
      const { Responses = [] } = await db.send(new TransactGetCommand({ TransactItems: Keys }));
      return Responses.reduce((total, { Item }) => total + Number(Item?.["balance"]), 0);
    };
    await both();
    const work = Array.from({ length: 10 }, () => [both(), sum(), alone("cid", 1), both(), sum()]).flat();
    const sums = (await Promise.all(work)).filter((each) => typeof each === "number");
    expect(sums).to.deep.equal(Array.from(sums, () => 0));
    expect((await accounts.rows()).map(({ balance }) => balance)).to.deep.equal([21, -21, 10]);
  });

  describe("with a token", () => {
    const again = (token: string, amount = 1) =>
      write([add("ada", amount), book(token)], { ClientRequestToken: token, ReturnConsumedCapacity: "INDEXES" });
    const balance = async () =>
      (await db.send(new GetCommand({ TableName: "Accounts", Key: { id: "ada" } }))).Item?.["balance"];
    const units = (axis: string) => ({ CapacityUnits: 2, [`${axis}CapacityUnits`]: 2 });

    it("are made once, and then the same request succeeds without a write", async () => {
      const { ConsumedCapacity } = await again("one");
      const tables = (axis: string) =>
        ["Accounts", "Ledger"].map((TableName) => ({ TableName, ...units(axis), Table: units(axis) }));
      expect(ConsumedCapacity).to.deep.equal(tables("Write"));
      expect((await again("one")).ConsumedCapacity).to.deep.equal(tables("Read"));
      expect(await balance()).to.equal(1);
    });

    it("are refused if the token had another request", async () => {
      await again("two");
      const failed = await failureOf(again("two", 2));
      expect(failed.name).to.equal("IdempotentParameterMismatchException");
      expect(await balance()).to.equal(1);
    });

    it("are made again ten minutes later, by the machine's clock", async () => {
      await write([add("ada", 1)], { ClientRequestToken: "three" });
      minutes += 9;
      await write([add("ada", 1)], { ClientRequestToken: "three" });
      expect(await balance()).to.equal(1);
      minutes += 1;
      await write([add("ada", 1)], { ClientRequestToken: "three" });
      expect(await balance()).to.equal(2);
    });

    it("are made once, although requests with the token run at the same time", async () => {
      const UpdateExpression = "ADD balance :one";
      const Update = { TableName: "Accounts", Key: { id: { S: "ada" } }, UpdateExpression };
      const TransactItems = [{ Update: { ...Update, ExpressionAttributeValues: { ":one": { N: "1" } } } }];
      const request = () => dynamoDB.call("TransactWriteItems", { TransactItems, ClientRequestToken: "running" });
      const [first, ...others] = await Promise.all(Array.from({ length: 20 }, request));
      expect(first).to.deep.equal({ ok: true, body: {} });
      // Each other one finds the first one running, or its result.
      for (const { ok, body } of others) {
        const running = "com.amazonaws.dynamodb.v20120810#TransactionInProgressException";
        expect(ok ? running : body["__type"]).to.equal(running);
      }
      expect(await balance()).to.equal(1);
    });

    it("are made if the request before was cancelled", async () => {
      await write([book("four")]);
      const failed = await failureOf(again("four"));
      expect(failed.name).to.equal("TransactionCanceledException");
      await ledger.clear();
      await again("four");
      expect(await balance()).to.equal(1);
    });
  });

  it("are the only actions that the tables have besides dynalite's, and other actions are refused by name", async () => {
    const folder = dirname(load.resolve("dynalite/actions/getItem"));
    const names = readdirSync(folder).map((file) => `${file[0]?.toUpperCase() ?? ""}${file.slice(1, -3)}`);
    expect(ACTIONS).to.have.members([...names, "TransactGetItems", "TransactWriteItems"]);
    const failed = await failureOf(db.send(new ExecuteStatementCommand({ Statement: "SELECT * FROM Accounts" })));
    expect(failed.name).to.equal("UnknownOperationException");
    expect(failed.message).to.match(/^dynamodb:ExecuteStatement is not on this machine, whose tables answer BatchGet/);
  });
});

describe("transactions on tables in a folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "transactions-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const open = async () => {
    const dynamoDB = await startDynamoDB({ path: folder });
    return {
      dynamoDB,
      accounts: await dynamoDB.create(ACCOUNTS, "Accounts"),
      ledger: await dynamoDB.create(LEDGER, "Ledger"),
      db: clientOf(dynamoDB.endpoint),
    };
  };

  it("keep their tokens in the next process", async () => {
    const command = new TransactWriteCommand({ TransactItems: [add("ada", 1)], ClientRequestToken: "one" });
    for (let life = 1; life <= 2; life++) {
      const { dynamoDB, accounts, db } = await open();
      await db.send(command);
      expect(await accounts.rows()).to.deep.equal([{ id: "ada", balance: 1 }]);
      db.destroy();
      await dynamoDB.close();
    }
  });

  it("are written in one batch, which LevelDB stores as a whole or not at all", async () => {
    const { create } = load("dynalite/db") as { create: (options: object) => any };
    const { transactionsOf } = load("../../saga/local/dynamodb/transactions.cjs") as {
      transactionsOf: (store: object, options: object) => Record<string, (content: object) => Promise<object>>;
    };
    const store = create({});
    const writes: string[][] = [];
    const { put, batch } = store.db;
    for (const TableName of ["Accounts", "Ledger"]) {
      const AttributeDefinitions = [{ AttributeName: "id", AttributeType: "S" }];
      const KeySchema = [{ AttributeName: "id", KeyType: "HASH" }];
      const table = { TableName, TableStatus: "ACTIVE", AttributeDefinitions, KeySchema };
      await new Promise((resolve) => store.tableDb.put(TableName, table, resolve));
    }
    store.db.put = (key: string, ...rest: unknown[]) => {
      writes.push([key]);
      put(key, ...rest);
    };
    store.db.batch = (operations: { key: string }[], done: unknown) => {
      writes.push(operations.map(({ key }) => key.replace(/~.*~?/, "")));
      batch(operations, done);
    };
    const TransactItems = [
      { Put: { TableName: "Accounts", Item: { id: { S: "ada" } } } },
      { Put: { TableName: "Ledger", Item: { id: { S: "1" } } } },
    ];
    const { TransactWriteItems } = transactionsOf(store, { now: async () => 0, kept: false });
    await TransactWriteItems?.({ TransactItems, ClientRequestToken: "one" });
    expect(writes).to.deep.equal([["transaction", "item-Accounts", "item-Ledger"]]);
    await store.db.close();
  });

  it(`are not halved by a kill ${SLOW}`, async function () {
    this.timeout(120_000);
    const script = `
      const { startDynamoDB } = require("./saga/local/dynamodb/table");
      startDynamoDB({ path: process.argv[1] }).then(async (dynamoDB) => {
        await dynamoDB.create(${JSON.stringify(ACCOUNTS)}, "Accounts");
        await dynamoDB.create(${JSON.stringify(LEDGER)}, "Ledger");
        console.log("ready");
        for (let n = 0; ; n++) {
          const [booking, amount] = [{ S: process.pid + "-" + n }, { N: "1" }];
          const Put = { TableName: "Ledger", Item: { account: { S: "ada" }, booking, day: { S: "monday" } } };
          const UpdateExpression = "ADD balance :amount";
          const Key = { id: { S: "ada" } };
          const Update = { TableName: "Accounts", Key, UpdateExpression, ExpressionAttributeValues: { ":amount": amount } };
          await dynamoDB.call("TransactWriteItems", { TransactItems: [{ Put }, { Update }] });
        }
      });`;
    let before = 0;
    for (const life of [50, 120, 200, 310]) {
      const args = ["-r", "ts-node/register/transpile-only", "-e", script, folder];
      const child = spawn(process.execPath, args, {
        cwd: join(__dirname, "../.."),
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      await sleep(life);
      child.kill("SIGKILL");
      await once(child, "exit");
      const { dynamoDB, accounts, ledger, db } = await open();
      const rows = await ledger.rows();
      expect(await accounts.rows()).to.deep.equal([{ id: "ada", balance: rows.length }]);
      expect(rows.length).to.be.greaterThan(before);
      const byDay = await dynamoDB.call("Query", {
        ...{ TableName: "Ledger", IndexName: "byDay", Select: "COUNT" },
        ...{ KeyConditionExpression: "#d = :d", ExpressionAttributeNames: { "#d": "day" } },
        ExpressionAttributeValues: { ":d": { S: "monday" } },
      });
      expect(byDay.body["Count"]).to.equal(rows.length);
      before = rows.length;
      db.destroy();
      await dynamoDB.close();
    }
  });
});

describe("transactions of a program, on this machine", function () {
  this.timeout(60_000);
  let program: Program;
  let cloud: LocalCloud;
  before(async () => {
    program = await evaluateProgram({}, join(__dirname, "transfers.ts"));
    cloud = await LocalCloud.start(program, { time: "virtual" });
  });
  after(() => cloud.close());

  /** The failure of the saga's only step. */
  const failureIn = ({ cause = "{}" }: ExecutionReport) =>
    JSON.parse(cause) as { readonly error: string; readonly cause: string };

  it("write two tables, by a function that has the actions of the items", async () => {
    const { report } = await cloud.execute({ account: "ada", amount: 5 }, "Transfer");
    expect(report.error).to.equal(undefined);
    expect(report.tables["accounts"]).to.deep.equal([{ account: "ada", balance: 5 }]);
    expect(report.tables["ledger"]).to.have.length(1);
  });

  it("are open to AWS clients, on the port of all services", async () => {
    const client = clientOf(cloud.endpoint);
    const table = program.resources.find(({ type, name }) => type === TABLE && name === "accounts");
    const TableName = table?.physicalName;
    await client.send(new TransactWriteCommand({ TransactItems: [{ Put: { TableName, Item: { account: "eve" } } }] }));
    const Get = { TableName, Key: { account: "eve" } };
    const { Responses } = await client.send(new TransactGetCommand({ TransactItems: [{ Get }] }));
    expect(Responses).to.deep.equal([{ Item: { account: "eve" } }]);
    client.destroy();
  });

  it("need the action of each item on its table, which the advice names", async () => {
    const { report } = await cloud.execute({ account: "ben", amount: 5 }, "Denied");
    const { errorMessage } = JSON.parse(failureIn(report).cause) as { errorMessage: string };
    expect(errorMessage).to.match(
      /not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:.*ledger-/,
    );
    const advice = adviceOn(program)("AccessDeniedException", errorMessage);
    expect(advice).to.equal(`add "PutItem" to 'tables.ledger' of the task 'denied'`);
    expect(report.tables).to.deep.equal({});
    // The options of a task have no actions that concern a table itself.
    const other = errorMessage.replaceAll("dynamodb:PutItem", "dynamodb:UpdateTable");
    expect(adviceOn(program)("AccessDeniedException", other)).to.equal(
      `allow it to the task 'denied': allow: [{ actions: ["dynamodb:UpdateTable"], resources: […] }]`,
    );
  });

  it("are made by a service task, with the machine's permissions", async () => {
    const [booked] = (await cloud.tables.get("ledger")?.rows()) ?? [];
    const { report } = await cloud.execute({ account: "ada", booking: booked?.["booking"] as string }, "Close");
    expect(report.tables).to.deep.equal({ accounts: [{ account: "ada", balance: 5, closed: true }] });
    const { report: failed } = await cloud.execute({ account: "ada", booking: "none" }, "Close");
    const { error, cause } = failureIn(failed);
    expect(error).to.equal("DynamoDb.TransactionCanceledException");
    expect(cause).to.match(/^Transaction cancelled, .* \[ConditionalCheckFailed, None\] \(Service: DynamoDb;/);
  });
});

describe("the advice on a missing permission", () => {
  it("knows the actions of a task's options", () => {
    const actions: Readonly<Record<TableAction, true>> = {
      ...{ BatchGetItem: true, BatchWriteItem: true, ConditionCheckItem: true, DeleteItem: true, DescribeTable: true },
      ...{ GetItem: true, PartiQLDelete: true, PartiQLInsert: true, PartiQLSelect: true, PartiQLUpdate: true },
      ...{ PutItem: true, Query: true, Scan: true, UpdateItem: true },
    };
    expect([...TABLE_ACTIONS]).to.have.members(Object.keys(actions));
  });
});
