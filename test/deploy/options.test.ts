import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { tripBooking } from "../../examples/trip/saga";
import { type Saga, SagaStateMachine, sagaTable } from "../../saga";
import { orderFulfilment } from "../../orderFulfilment";
import { SLOW } from "../slow";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly opts: pulumi.ResourceOptions;
}

/** The registrations of a program, with their options. */
async function registeredBy(
  program: (opts: pulumi.ComponentResourceOptions) => unknown,
): Promise<readonly Registered[]> {
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ name, inputs }) => ({
      id: name,
      state: { ...(inputs as object), name, arn: `arn:aws:x:y:0:${name}` },
    }),
    call: () => ({}),
  };
  await pulumi.runtime.setMocks(mocks, "saga-aws-pulumi", "local", false);
  const registered: Registered[] = [];
  const record: pulumi.ResourceTransformation = ({ type, name, opts }) => {
    registered.push({ type, name, opts });
    return undefined;
  };
  program({ transformations: [record] });
  await pulumi.runtime.disconnect();
  return registered;
}

const everythingOf = (saga: Saga) => (opts: pulumi.ComponentResourceOptions) => {
  const kmsKeyArn = pulumi.output("arn:aws:kms:eu-west-1:000000000000:key/1");
  const table = sagaTable("orders", { hashKey: "order_id", kmsKeyArn }, opts);
  new SagaStateMachine(saga.name, { saga, table, kmsKeyArn, alarms: "all", alarmEmail: "you@example.com" }, opts);
};

/** `aws:dynamodb/table:Table orders` */
const nameOf = (resource: unknown): string => {
  const { __pulumiType, __name } = resource as { readonly __pulumiType: string; readonly __name: string };
  return `${__pulumiType} ${__name}`;
};

describe("a resource's options", function () {
  this.timeout(60_000);

  it("give a state machine half an hour to be deleted, since it stays until its executions have ended", async () => {
    const registered = await registeredBy(everythingOf(orderFulfilment));
    const timeouts = registered.flatMap(({ type, name, opts: { customTimeouts } }) =>
      customTimeouts ? [[`${type} ${name}`, customTimeouts]] : [],
    );
    expect(Object.fromEntries(timeouts)).to.deep.equal({
      "aws:sfn/stateMachine:StateMachine OrderFulfilment": { delete: "30m" },
      "aws:sfn/stateMachine:StateMachine OrderFulfilment_undo": { delete: "30m" },
    });
  });

  it("include the user's: a transformation applies to all resources of the component", async () => {
    const boundaries = new Map<string, unknown>();
    const mocks: pulumi.runtime.Mocks = {
      newResource: ({ type, name, inputs }) => {
        if (type === "aws:iam/role:Role") boundaries.set(name, inputs["permissionsBoundary"]);
        return { id: name, state: { ...(inputs as object), name, arn: `arn:aws:x:y:0:${name}` } };
      },
      call: () => ({}),
    };
    await pulumi.runtime.setMocks(mocks, "saga-aws-pulumi", "local", false);
    const bounded: pulumi.ResourceTransformation = ({ type, props, opts }) =>
      type === "aws:iam/role:Role"
        ? { props: { ...props, permissionsBoundary: "arn:aws:iam::0:policy/team" }, opts }
        : undefined;
    new SagaStateMachine("Sale", { saga: orderFulfilment, table: TABLE }, { transformations: [bounded] });
    await pulumi.runtime.disconnect();
    // The roles of six functions, of two machines, and of the recovery and the sweep.
    expect([...boundaries.values()]).to.deep.equal(Array.from({ length: 10 }, () => "arn:aws:iam::0:policy/team"));
  });

  it("order the scaling of a table's writes after that of its reads, since each may update the table", async () => {
    const registered = await registeredBy((opts) =>
      sagaTable(
        "orders",
        { hashKey: "order_id", tableBilling: "provisioned", tableMinUnits: 5, tableMaxUnits: 50 },
        opts,
      ),
    );
    const targets = registered.flatMap(({ type, name, opts: { dependsOn = [] } }) =>
      type.endsWith(":Target") ? [[name, [dependsOn].flat().map(nameOf)]] : [],
    );
    expect(Object.fromEntries(targets)).to.deep.equal({
      "orders-read": [],
      "orders-write": ["aws:appautoscaling/policy:Policy orders-read"],
    });
  });

  for (const saga of [orderFulfilment, tripBooking]) {
    it(`and its name distinguish it in Pulumi's table in a terminal of 80 columns: ${saga.name}${saga === orderFulfilment ? "" : ` ${SLOW}`}`, async () => {
      const rows = layOut(await registeredBy(everythingOf(saga))).map((row) => row.slice(0, 79));
      expect(rows.filter((row, at) => rows.indexOf(row) !== at)).to.deep.equal([]);
      expect(rows.some((row) => /^ \+ {3}│ {2}│ {2}├─ aws:cloudwatch:MetricAlarm +\w+-hourly-/.test(row))).to.equal(
        true,
      );
    });
  }
});

const TABLE = { name: "orders", arn: "arn:aws:dynamodb:eu-west-1:0:table/orders" };

/**
 * The layout of the Pulumi CLI's table: the operation, the type in the tree, and the name. Each column is as wide as its
 * widest cell, with two spaces between. Rows are cut to the terminal's width less one.
 * @see https://github.com/pulumi/pulumi/blob/master/pkg/backend/display/tree.go
 */
function layOut(resources: readonly Registered[]): readonly string[] {
  const depths = new Map<string, number>();
  const types = resources.map(({ type, name, opts: { parent } }) => {
    const depth = parent === undefined ? 1 : 1 + (depths.get(nameOf(parent)) as number);
    depths.set(`${type} ${name}`, depth);
    return `${"│  ".repeat(depth - 1)}├─ ${type.replace(/\/[^:]*/, "")}`;
  });
  const width = Math.max(...types.map((type) => type.length));
  return resources.map(({ name }, at) => ` +   ${(types[at] as string).padEnd(width)}  ${name}`);
}
