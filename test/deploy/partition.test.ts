import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { tripBooking } from "../../examples/trip/saga";
import { sagaKey, SagaStateMachine } from "../../saga";
import { SLOW } from "../slow";

interface Account {
  readonly partition: string;
  readonly dnsSuffix: string;
  readonly region: string;
}

/** The inputs of a program's resources in an account, by type. */
async function registeredIn(
  account: Account,
  program: () => unknown,
): Promise<Readonly<Record<string, readonly Inputs[]>>> {
  const registered: Record<string, Inputs[]> = {};
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ type, name, inputs }) => {
      (registered[type] ??= []).push(inputs as Inputs);
      const arn = `arn:${account.partition}:x:${account.region}:000000000000:${name}`;
      const versions = { qualifiedArn: `${arn}:1`, stateMachineVersionArn: `${arn}:1` };
      return { id: name, state: { ...(inputs as object), name, arn, ...versions } };
    },
    call: ({ token }) =>
      token === "aws:index/getCallerIdentity:getCallerIdentity" ? { accountId: "000000000000" } : { ...account },
  };
  await pulumi.runtime.setMocks(mocks, "saga-aws-pulumi", "local", false);
  program();
  await pulumi.runtime.disconnect();
  return registered;
}
type Inputs = Readonly<Record<string, unknown>>;

const CHINA: Account = { partition: "aws-cn", dnsSuffix: "amazonaws.com.cn", region: "cn-north-1" };
const GOV: Account = { partition: "aws-us-gov", dnsSuffix: "amazonaws.com", region: "us-gov-west-1" };

describe("in another partition of AWS", function () {
  this.timeout(60_000);

  for (const account of [CHINA, GOV]) {
    it(`every state calls an integration of ${account.partition}: an execution ends at a call in another one ${SLOW}`, async () => {
      const registered = await registeredIn(account, () => {
        const table = { name: "trips", arn: "arn:aws:dynamodb:x:0:table/trips" };
        return new SagaStateMachine("Trip", { saga: tripBooking, table });
      });
      const machines = registered["aws:sfn/stateMachine:StateMachine"] ?? [];
      const called = machines.flatMap(({ definition }) =>
        [...String(definition).matchAll(/"Resource":"(arn:[^"]*)"/g)].map(([, resource = ""]) => resource),
      );
      expect(called.length).to.be.above(10);
      expect([...new Set(called.map((resource) => resource.split(":")[1]))]).to.deep.equal([account.partition]);
    });

    it(`the key lets the logs of ${account.region} in, by the name of the service there`, async () => {
      const registered = await registeredIn(account, () => sagaKey("orders", { kmsKey: "create" }));
      const [key] = registered["aws:kms/key:Key"] ?? [];
      const { Statement } = JSON.parse(String(key?.["policy"])) as { Statement: { Principal: object }[] };
      expect(Statement.map(({ Principal }) => Principal)).to.deep.equal([
        { AWS: `arn:${account.partition}:iam::000000000000:root` },
        { Service: `logs.${account.region}.${account.dnsSuffix}` },
        { Service: "delivery.logs.amazonaws.com" },
      ]);
    });
  }
});
