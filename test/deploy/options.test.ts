import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { SagaStateMachine, sagaTable } from "../../saga";
import { orderFulfilment } from "../../orderFulfilment";

/** What the engine is told of a resource, beside its inputs. */
describe("a resource's options", () => {
  const options = new Map<string, pulumi.ResourceOptions>();
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
      options.set(`${type} ${name}`, opts);
      return undefined;
    };
    const table = sagaTable("orders", { hashKey: "order_id", rangeKey: "entity" });
    new SagaStateMachine("Sale", { saga: orderFulfilment, table }, { transformations: [record] });
    await pulumi.runtime.disconnect();
  });

  it("give a state machine half an hour to go: it stays until its executions have ended", () => {
    const timeouts = [...options].flatMap(([key, { customTimeouts }]) =>
      customTimeouts ? [[key, customTimeouts]] : [],
    );
    expect(Object.fromEntries(timeouts)).to.deep.equal({
      "aws:sfn/stateMachine:StateMachine Sale": { delete: "30m" },
      "aws:sfn/stateMachine:StateMachine Sale_undo": { delete: "30m" },
    });
  });

  it("are the user's as well: a transformation reaches whatever the component makes", async () => {
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
    // Of six functions, two machines, and what recovers and sweeps.
    expect([...boundaries.values()]).to.deep.equal(Array.from({ length: 10 }, () => "arn:aws:iam::0:policy/team"));
  });
});

const TABLE = { name: "orders", arn: "arn:aws:dynamodb:eu-west-1:0:table/orders" };
