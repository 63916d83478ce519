import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import {
  callbackTask,
  existingTask,
  minutes,
  saga,
  SagaDefinitionError,
  SagaStateMachine,
  sagaTable,
  seconds,
  task,
  type TaskOptions,
} from "../../saga";
import { functionSeconds, waitsFor } from "../../saga/language";
import { archive } from "../../saga/deploy/archive";
import { coldStart } from "../../saga/deploy/cold-start";
import { deployedForm } from "../../saga/local/cloud";
import { deployFunction } from "../../saga/local/lambda/function";
import { evaluateProgram, type Program } from "../../saga/local/program";
import { snapshot, type Snapshot } from "./snapshot";

interface Order {
  order_id: string;
}
/** There is no such variable. */
declare const holders: { readonly first: string };
const handler = () => async () => ({});
const input = ({ input: given }: { input: { order_id: any } }) => ({ order_id: given.order_id });

describe("a task of the real world", function () {
  this.timeout(60_000);
  let program: Program;
  let registered: Snapshot;
  before(async () => {
    program = await evaluateProgram({}, join(__dirname, "tasks.ts"));
    registered = await snapshot(program);
  });
  const functionOf = (task: string) => registered[`lambda.Function Shop-${task}`] as any;
  const allowed = (name: string) => (registered[`iam.RolePolicy ${name}`] as any).policy.Statement as any[];

  it("has its environment, the component's environment, and the names of its tables", () => {
    expect(functionOf("charge").environment.variables).to.deep.equal({
      TABLE_NAME: "bookings",
      LEDGER_TABLE_NAME: "<name of dynamodb.Table ledger>",
      MAIL_LOG_TABLE_NAME: "mail",
      STAGE: "test",
      STRIPE_KEY: "sk_live_0",
      SHOP: "shop.example",
      SAGA_SECRETS: {
        HOOK_SECRET: "arn:aws:secretsmanager:eu-west-1:000000000000:secret:hook-a1b2c3",
        MAIL_TOKEN: "arn:aws:ssm:eu-west-1:000000000000:parameter/shop/mail",
      },
    });
    expect(functionOf("refund").environment.variables).to.deep.equal({
      TABLE_NAME: "bookings",
      STAGE: "test",
      SHOP: "nobody",
    });
  });

  it("may do what it declares, read its secrets and use its subnets, and no more", () => {
    const allow = (Action: string[], Resource: string[]) => ({ Effect: "Allow", Action, Resource });
    const own = (name: string) => [
      allow(["logs:CreateLogStream", "logs:PutLogEvents"], [`<arn of cloudwatch.LogGroup ${name}>:*`]),
      allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"]),
    ];
    expect(allowed("Shop-charge")).to.deep.equal([
      allow(["dynamodb:PutItem"], ["arn:aws:dynamodb:eu-west-1:000000000000:table/bookings"]),
      allow(["dynamodb:PutItem", "dynamodb:Query"], ["<arn of dynamodb.Table ledger>"]),
      allow(["dynamodb:PutItem"], ["arn:aws:dynamodb:eu-west-1:000000000000:table/mail"]),
      allow(["ses:SendEmail"], ["arn:aws:ses:eu-west-1:000000000000:identity/shop.example"]),
      allow(["secretsmanager:GetSecretValue"], ["arn:aws:secretsmanager:eu-west-1:000000000000:secret:hook-a1b2c3"]),
      allow(["ssm:GetParameter"], ["arn:aws:ssm:eu-west-1:000000000000:parameter/shop/mail"]),
      allow(
        [
          "ec2:CreateNetworkInterface",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSubnets",
          "ec2:DeleteNetworkInterface",
          "ec2:AssignPrivateIpAddresses",
          "ec2:UnassignPrivateIpAddresses",
        ],
        ["*"],
      ),
      ...own("Shop-charge"),
    ]);
    expect(allowed("Shop-refund")).to.deep.equal(own("Shop-refund"));
  });

  it("has its own memory, concurrency, network and layers", () => {
    expect(functionOf("charge")).to.deep.include({
      memorySize: 1024,
      reservedConcurrentExecutions: 5,
      vpcConfig: { subnetIds: ["subnet-1", "subnet-2"], securityGroupIds: ["sg-1"] },
      layers: ["arn:aws:lambda:eu-west-1:000000000000:layer:otel:3"],
    });
    expect(functionOf("refund")).to.include({ memorySize: 256 }).and.not.to.have.any.keys("vpcConfig", "layers");
  });

  it("times out before its step: the function of a five-minute step has almost as long", () => {
    const { States } = (registered["sfn.StateMachine Shop"] as any).definition;
    const waits = (state: string) => States[state].TimeoutSeconds as number;
    expect([waits("Charge"), functionOf("charge").timeout]).to.deep.equal([300, 295]);
    expect([waits("Refund"), functionOf("refund").timeout]).to.deep.equal([30, 25]);
    // This task sets its own timeout.
    expect([waits("Report"), functionOf("report").timeout]).to.deep.equal([45, 40]);
  });

  it("times out before each step that calls it, or it could run beside the undo of the shorter one", () => {
    const charge = task<Order, object>("charge", { handler });
    const undo = (name: string) => ({ name, task: task<Order, object>(`u${name}`, { handler }), input });
    const twice = saga<Order>("Twice")
      .step("First", { task: charge, input, undo: undo("UndoFirst") })
      .step("Second", { task: charge, input, undo: undo("UndoSecond"), timeout: minutes(5) })
      .returns(() => ({}));
    expect(functionSeconds(charge, waitsFor(twice, charge))).to.equal(25);
  });

  it("may be an existing function, which is invoked by its ARN and not deployed", () => {
    const { States } = (registered["sfn.StateMachine Shop"] as any).definition;
    const shipping = "arn:aws:lambda:eu-west-1:000000000000:function:shipping:live";
    const recall = "arn:aws:lambda:eu-west-1:000000000000:function:recall";
    expect([States.Ship.Arguments.FunctionName, States.Recall.Arguments.FunctionName]).to.deep.equal([
      shipping,
      recall,
    ]);
    expect(States.Ship.Arguments.Payload).to.contain("'saga'");
    const invoked = (name: string) =>
      allowed(name).flatMap(({ Action, Resource }) => (Action.includes("lambda:InvokeFunction") ? [Resource] : []));
    expect(invoked("Shop")[1]).to.deep.equal([shipping, recall]);
    expect(invoked("Shop_undo")[1]).to.deep.equal([recall]);
    expect(program.outputs["functions"]).to.deep.equal(["charge", "refund", "report", "retract"]);
  });

  it("exposes its role, its function and its log group", () => {
    const named = (type: string) =>
      program.resources.find((each) => each.type === type && each.name === "Shop-charge")?.physicalName;
    expect(program.outputs["charged"]).to.deep.equal({
      role: named("aws:iam/role:Role"),
      function: named("aws:lambda/function:Function"),
      logGroup: named("aws:cloudwatch/logGroup:LogGroup"),
    });
  });

  it("is started by a role that may start executions only by the alias", () => {
    expect(registered["iam.RolePolicy Shop-start"]).to.deep.equal({
      role: "api-role",
      policy: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Action: ["states:StartExecution"],
            Resource: ["<arn of sfn.StateMachine Shop>"],
            Condition: { "ForAnyValue:StringEquals": { "states:StateMachineQualifier": ["live"] } },
          },
        ],
      },
    });
  });

  it("is answered by a role that may answer the tokens of its machines, and of no others", () => {
    expect(registered["iam.RolePolicy Shop-answer"]).to.deep.equal({
      role: "webhook-role",
      policy: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Action: ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"],
            Resource: ["<arn of sfn.StateMachine Shop>", "<arn of sfn.StateMachine Shop_undo>"],
          },
        ],
      },
    });
  });

  describe("at a cold start", () => {
    let folder: string;
    before(() => {
      folder = realpathSync(mkdtempSync(join(tmpdir(), "sdk-")));
    });
    after(() => {
      rmSync(folder, { recursive: true });
    });
    const module = (name: string, text: string) => {
      const at = join(folder, "@aws-sdk", name);
      mkdirSync(at, { recursive: true });
      writeFileSync(join(at, "index.js"), text);
    };
    /** The serialised function, with an SDK that returns its requests. */
    async function start(environment: Readonly<Record<string, string>>) {
      const resource = program.resources.find(({ name, type }) => name === "Shop-charge" && type.endsWith(":Function"));
      const form = await deployedForm(resource as never);
      const text = form.code["__index.js"] as string;
      const code = {
        "__index.js": `${text}\nconst made = exports.handler;\nexports.handler = async (event) => ({ ...(await made(event)), env: { ...process.env } });`,
      };
      const { environment: own } = form;
      return deployFunction({ ...form, code, environment: { ...own, ...environment, NODE_PATH: folder } });
    }
    before(() => {
      module(
        "client-secrets-manager",
        `exports.SecretsManagerClient = class { constructor(options) { this.options = options; } async send(command) {
           if (process.env.DENIED && globalThis.told !== true) { globalThis.told = true; throw Object.assign(new Error("not yours"), { name: "AccessDeniedException" }); }
           return { SecretString: JSON.stringify([this.options.region, command.input]) }; } };
         exports.GetSecretValueCommand = class { constructor(input) { this.input = input; } };`,
      );
      module(
        "client-ssm",
        `exports.SSMClient = class { constructor(options) { this.options = options; } async send(command) {
           return { Parameter: { Value: JSON.stringify([this.options.region, command.input]) } }; } };
         exports.GetParameterCommand = class { constructor(input) { this.input = input; } };`,
      );
    });

    it("reads its secrets into its environment, in their region, and then builds its handler", async () => {
      const deployed = await start({});
      const { payload } = (await deployed.invoke({ order_id: "7" })) as { payload: any };
      await deployed.close();
      expect(payload.charged).to.equal("7 with sk_live_0");
      expect(JSON.parse(payload.env.HOOK_SECRET)).to.deep.equal([
        "eu-west-1",
        { SecretId: "arn:aws:secretsmanager:eu-west-1:000000000000:secret:hook-a1b2c3" },
      ]);
      expect(JSON.parse(payload.env.MAIL_TOKEN)).to.deep.equal([
        "eu-west-1",
        { Name: "arn:aws:ssm:eu-west-1:000000000000:parameter/shop/mail", WithDecryption: true },
      ]);
    });

    it("fails a call while its secrets can't be read, and tries again at the next call", async () => {
      const deployed = await start({ DENIED: "1" });
      const failure = await deployed.invoke({ order_id: "7" }).then(
        () => undefined,
        (error: unknown) => (error as { cause: string }).cause,
      );
      const { payload } = (await deployed.invoke({ order_id: "8" })) as { payload: any };
      await deployed.close();
      expect(failure).to.contain("AccessDeniedException").and.to.contain("not yours");
      expect(payload.charged).to.equal("8 with sk_live_0");
    });

    it("does not overwrite variables that its environment already has", async () => {
      const deployed = await start({ HOOK_SECRET: "here", MAIL_TOKEN: "there", DENIED: "1" });
      const { payload } = (await deployed.invoke({ order_id: "7" })) as { payload: any };
      await deployed.close();
      expect([payload.env.HOOK_SECRET, payload.env.MAIL_TOKEN]).to.deep.equal(["here", "there"]);
    });
  });
});

describe("a task is refused", () => {
  const refusal = (define: () => unknown): string => {
    try {
      define();
    } catch (error) {
      expect(error).to.satisfy(
        (each: unknown) => each instanceof SagaDefinitionError || pulumi.RunError.isInstance(each),
      );
      return (error as Error).message;
    }
    return "nothing is refused";
  };
  const defined = (options: TaskOptions) => refusal(() => task<Order, object>("charge", { ...options, handler }));

  it("by itself, for mistakes that otherwise only a deploy would find", () => {
    expect(defined({ environment: { AWS_REGION: "here" } })).to.equal(
      "task 'charge': Lambda sets AWS_REGION itself. Give the variable another name.",
    );
    expect(defined({ environment: { TABLE_NAME: "mine" } })).to.contain("the component sets TABLE_NAME itself");
    expect(defined({ secrets: { "api-key": "arn" } })).to.contain("'api-key' can't name a variable");
    expect(defined({ environment: { KEY: "a" }, secrets: { KEY: "arn" } })).to.contain("both in environment and in");
    expect(defined({ tables: { cardLog: ["PutItem"], card_log: ["PutItem"] } })).to.equal(
      "task 'charge': 'cardLog' and 'card_log' both have the variable CARD_LOG_TABLE_NAME. Give one of the tables another name.",
    );
    for (const name of ["book it", "", "book/it", "buchung.größe"]) {
      for (const define of [
        () => task<Order, object>(name, { handler }),
        () => callbackTask<Order, object>(name, { handler: () => async () => undefined }),
      ]) {
        expect(refusal(define)).to.equal(
          `${JSON.stringify(name)} can't name a task: the names of its function and of its role contain it. Use letters, digits, hyphens and underscores.`,
        );
      }
    }
    expect(defined({ packages: ["stripe@12"] })).to.contain("'stripe@12' is no name of an npm package");
    expect(defined({ timeout: minutes(16) })).to.contain("its function's timeout is 960 s");
    expect(defined({ memory: 64 })).to.contain("its memory is 64 MB");
    expect(defined({ concurrency: -1 })).to.contain("its concurrency is -1");
  });

  describe("with a step", () => {
    const called = (timeout: ReturnType<typeof seconds> | undefined, options: TaskOptions) =>
      refusal(() =>
        saga<Order>("Shop").query("Charge", {
          task: task<Order, object>("charge", { ...options, handler }),
          input,
          ...(timeout && { timeout }),
        }),
      );

    it("whose function may take longer than the step waits", () => {
      expect(called(seconds(20), { timeout: seconds(30) })).to.equal(
        "saga 'Shop', step 'Charge': the step waits 20 s, and the function of 'charge' may take 30 s. Raise the step's timeout or lower the task's.",
      );
      expect(called(seconds(30), { timeout: seconds(30) })).to.equal("nothing is refused");
      expect(called(undefined, { timeout: minutes(15) }), "the step waits for it").to.equal("nothing is refused");
    });

    it("that waits longer than any function runs", () => {
      const what =
        "saga 'Shop', step 'Charge': the timeout is 1200 s, and Lambda runs the function of 'charge' for 900 s at most. Lower the timeout; or make it a callback task, which is done when somebody answers.";
      expect(called(minutes(20), {})).to.equal(what);
      const existing = existingTask<Order, object>("charge", { functionArn: "arn:aws:lambda:x:0:function:charge" });
      const answered = callbackTask<Order, object>("charge", { handler: () => async () => undefined });
      const waiting = { input, timeout: minutes(20) };
      expect(refusal(() => saga<Order>("Shop").query("Charge", { task: existing, ...waiting }))).to.equal(what);
      expect(refusal(() => saga<Order>("Shop").query("Charge", { task: answered, ...waiting }))).to.equal(
        "nothing is refused",
      );
    });
  });

  describe("with a component", () => {
    before(async () => {
      const mocks = {
        newResource: ({ name }: { name: string }) => ({ id: name, state: { name, arn: name } }),
        call: () => ({}),
      };
      await pulumi.runtime.setMocks(mocks, "saga-aws-pulumi", "local", false);
    });
    const deployed = (options: TaskOptions, tables: object = {}) =>
      refusal(() => {
        const charge = task<Order, object>("charge", { ...options, handler });
        const shop = saga<Order>("Shop")
          .query("Charge", { task: charge, input })
          .returns(() => ({}));
        return new SagaStateMachine("Shop", { saga: shop, ...tables });
      });

    it("without a table, or with another one", () => {
      expect(deployed({})).to.equal("nothing is refused");
      expect(deployed({ table: ["GetItem"] })).to.equal(
        "'Shop': the task 'charge' does GetItem to the component's table, and there is none: give it one with table",
      );
      expect(
        deployed(
          { tables: { ledger: ["GetItem"] } },
          { tables: { audit: sagaTable("audit", { hashKey: "order_id", rangeKey: "entity" }) } },
        ),
      ).to.equal("'Shop': the task 'charge' uses the table 'ledger', and the component's tables have only audit");
    });

    it("whose program does not have a package installed", () => {
      expect(deployed({ packages: ["no-such-package"] })).to.equal(
        `'Shop-charge': the package 'no-such-package' is not installed in ${process.cwd()}: run npm install no-such-package`,
      );
      expect(deployed({ packages: ["@pulumi/pulumi"] })).to.equal(
        "'Shop-charge': the package '@pulumi/pulumi' is for deployments alone, and can't run in a function: leave it out of packages",
      );
    });

    const shipped = (factory: () => unknown, layers = false) =>
      archive({ name: "Shop-charge", factory, packages: ["yaml"], layers }).then(
        async ({ assets }) => Object.keys(await assets).slice(0, 2),
        (error: unknown) => {
          expect(pulumi.RunError.isInstance(error), "an error that is told without a stack").to.equal(true);
          return (error as Error).message;
        },
      );

    it("whose handler captures a secret", async () => {
      const key = pulumi.secret("sk_live_0");
      expect(await shipped(() => async () => key.get())).to.equal(
        "'Shop-charge': its handler captures a secret, whose value would stand in the function's archive: hand it over in the task's environment, or by its ARN in secrets",
      );
    });

    it("whose handler captures something that can't be serialised, in a sentence that names it", async () => {
      const client = new DynamoDBClient({ region: "eu-west-1" });
      const clients = { db: client };
      const send = () => client.config;
      const most = Math.max.bind(null, 1);
      const mistakes: readonly (readonly [name: string, factory: () => () => Promise<unknown>])[] = [
        ["client", () => async () => client.config],
        ["client", () => async () => send()],
        ["clients", () => async () => clients.db.config],
        ["most", () => async () => most(2)],
      ];
      for (const [captured, factory] of mistakes) {
        const made = archive({ name: "Shop-charge", factory: coldStart(factory), packages: [], layers: false });
        const error = await made.then(
          () => undefined,
          (thrown: unknown) => thrown as Error,
        );
        expect(error?.message).to.equal(
          `'Shop-charge': its handler uses '${captured}' of the module, which can't be serialised: make it inside the handler, which runs once a cold start, and load its package there with a bare require`,
        );
        expect(pulumi.RunError.isInstance(error)).to.equal(true);
        expect((error?.cause as Error).message, "Pulumi's own account").to.contain("it was a native code function");
      }
      client.destroy();
    });

    it("whose handler uses a variable that is declared nowhere, in a sentence that names it and shows where", async () => {
      const helper = () => holders.first;
      const long = () => [holders.first, holders.first, holders.first, holders.first];
      const cases: readonly (readonly [code: string, factory: () => () => Promise<unknown>])[] = [
        ["() => holders.first", () => async () => helper()],
        ["() => [holders.first, holders.first, holders.first, holders.…", () => async () => long()],
      ];
      for (const [code, factory] of cases) {
        expect(await shipped(coldStart(factory))).to.equal(
          `'Shop-charge': its handler uses 'holders', which is declared nowhere, in \`${code}\`: declare or import it there, or take it from the event`,
        );
      }
    });

    it("never for its size, but warned of: a large captured value is in its code", async () => {
      const said: string[] = [];
      const warn = console.warn;
      console.warn = (line: string) => void said.push(line);
      try {
        const text = "x".repeat(1_300_000);
        await archive({
          name: "Shop-charge",
          factory: coldStart(() => async () => text.length),
          packages: [],
          layers: false,
        });
        await archive({ name: "Shop-charge", factory: coldStart(() => async () => 1), packages: [], layers: false });
      } finally {
        console.warn = warn;
      }
      expect(said).to.deep.equal([
        "warning: [runtime] 'Shop-charge': its handler's code has 1.3 MB, with the module's data that it captures. Each evaluation of the program serialises that, and each cold start loads it: read the data inside the handler, from a package, a bucket or a table",
      ]);
    });

    it("whose handler requires a package that its archive does not have", async () => {
      const requiring = (name: string) => () => {
        // require("nothing-of-this")
        const module = name === "yaml" ? require("yaml") : require("fast-check/lib/cjs/fast-check");
        return async () => module;
      };
      expect(await shipped(requiring("yaml"))).to.equal(
        `'Shop-charge': its handler requires 'fast-check/lib/cjs/fast-check', and its archive does not have it: add "fast-check" to the task's packages`,
      );
      expect(await shipped(requiring("yaml"), true), "a layer may have it").to.deep.equal([
        "__index.js",
        "node_modules/yaml/LICENSE",
      ]);
      const allowed = () => {
        const modules = [require("yaml"), require("node:fs"), require("crypto"), require("@aws-sdk/client-s3/x")];
        return async () => modules.length;
      };
      expect(await shipped(allowed)).to.have.length(2);
    });

    it("never for a secret in its environment, which stays a secret on its way to the engine", async () => {
      let environment: unknown;
      const mocks: pulumi.runtime.Mocks = {
        newResource: ({ type, name, inputs }) => {
          if (type === "aws:lambda/function:Function" && name === "Shop-charge") environment = inputs["environment"];
          return { id: name, state: { name, arn: name } };
        },
        call: () => ({}),
      };
      await pulumi.runtime.setMocks(mocks, "saga-aws-pulumi", "local", false);
      expect(deployed({ environment: { KEY: pulumi.secret("sk_live_0") } })).to.equal("nothing is refused");
      await pulumi.runtime.disconnect();
      const told = environment as { value?: unknown; variables?: { KEY?: { value?: unknown } } };
      expect(JSON.stringify(told)).to.contain("1b47061264138c4ac30d75fd1eb44270", "Pulumi's mark of a secret");
      expect(told.variables?.KEY, "not as plain text").not.to.equal("sk_live_0");
    });
  });
});
