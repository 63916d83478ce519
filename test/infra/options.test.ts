import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { SagaStateMachine, sagaTable } from "../../infra";
import { orderFulfilment } from "../../orderFulfilment";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly opts: pulumi.ResourceOptions;
}

/** What the engine is told of a resource, beside its inputs. */
describe("a resource's options", () => {
  const registered: Registered[] = [];
  before(async () => {
    const mocks: pulumi.runtime.Mocks = {
      newResource: ({ name, inputs }) => ({
        id: name,
        state: { ...(inputs as object), name, arn: `arn:aws:x:y:0:${name}` },
      }),
      call: () => ({}),
    };
    await pulumi.runtime.setMocks(mocks, "saga-aws-pulumi", "local", false);
    const record: pulumi.ResourceTransformation = ({ type, name, opts }) => {
      registered.push({ type, name, opts });
      return undefined;
    };
    const key = pulumi.output("arn:aws:kms:eu-west-1:000000000000:key/1");
    const args = { saga: orderFulfilment, table: sagaTable("orders", { key }), key, alarmEmail: "you@example.com" };
    new SagaStateMachine("OrderFulfilment", args, { transformations: [record] });
    await pulumi.runtime.disconnect();
  });

  it("give a state machine half an hour to go: it stays until its executions have ended", () => {
    const timeouts = registered.flatMap(({ type, name, opts: { customTimeouts } }) =>
      customTimeouts ? [[`${type} ${name}`, customTimeouts]] : [],
    );
    expect(Object.fromEntries(timeouts)).to.deep.equal({
      "aws:sfn/stateMachine:StateMachine OrderFulfilment": { delete: "30m" },
      "aws:sfn/stateMachine:StateMachine OrderFulfilment_undo": { delete: "30m" },
    });
  });

  it("have a table's writes scaled only once its reads are: each may update the table at once", async () => {
    const order: Registered[] = [];
    const record: pulumi.ResourceTransformation = ({ type, name, opts }) => {
      order.push({ type, name, opts });
      return undefined;
    };
    const scaled = { tableBilling: "provisioned", tableMinUnits: 5, tableMaxUnits: 50 } as const;
    sagaTable("scaled", scaled, { transformations: [record] });
    const after = (type: string, name: string) =>
      [order.find((each) => each.type.endsWith(type) && each.name === name)?.opts.dependsOn ?? []]
        .flat()
        .map((each) => {
          const { __pulumiType, __name } = each as unknown as { __pulumiType: string; __name: string };
          return `${__pulumiType} ${__name}`;
        });
    expect(after(":Target", "scaled-write")).to.deep.equal(["aws:appautoscaling/policy:Policy scaled-read"]);
    expect(after(":Target", "scaled-read")).to.deep.equal([]);
  });

  it("and its name tell it from every other one in Pulumi's table, in a terminal of 80 columns", () => {
    const rows = table([
      { type: "aws:dynamodb/table:Table", name: "orders", depth: 1 },
      { type: "aws:kms/key:Key", name: "orders", depth: 1 },
      ...registered.map(({ type, name, opts }) => ({ type, name, depth: 1 + depthOf(opts) })),
    ]).map((row) => row.slice(0, 79));
    expect(rows.filter((row, at) => rows.indexOf(row) !== at)).to.deep.equal([]);
    expect(rows).to.include.members(
      ["errors", "hourly-errors", "throttled"].map((part) =>
        ` +   │  │  ├─ aws:cloudwatch:MetricAlarm            createOrder-${part}-OrderFulfilment`.slice(0, 79),
      ),
    );
  });
});

/** Below the component. */
function depthOf({ parent }: pulumi.ResourceOptions): number {
  if (parent === undefined) return 0;
  const type = (parent as unknown as { __pulumiType: string }).__pulumiType;
  return type === "saga:infra:SagaStateMachine" ? 1 : 2;
}

/**
 * As the CLI lays out what is to be created: the operation, the type in its place in the tree, the name, each as wide as
 * its widest, with two spaces between. It cuts every row to the terminal's width less one.
 * @see https://github.com/pulumi/pulumi/blob/master/pkg/backend/display/tree.go
 */
function table(rows: readonly { readonly type: string; readonly name: string; readonly depth: number }[]): string[] {
  const types = rows.map(({ type, depth }) => `${"│  ".repeat(depth - 1)}├─ ${type.replace(/\/[^:]*/, "")}`);
  const width = Math.max(...types.map((type) => type.length));
  return rows.map(({ name }, at) => ` +   ${(types[at] as string).padEnd(width)}  ${name}`);
}
