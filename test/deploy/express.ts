// A program whose saga changes nothing, and so can be EXPRESS.
import { logged, saga, SagaStateMachine, sagaTable, seconds, task } from "../../saga";

const look = task<{ order_id: string }, { found: boolean }>("look", {
  table: [],
  handler: () => logged("look", async () => ({ outcome: "done", result: { found: true } })),
});
const lookup = saga<{ order_id: string }>("Lookup")
  .query("Look", {
    task: look,
    input: ({ input }) => ({ order_id: input.order_id }),
    timeout: seconds(5),
    retry: { attempts: 3 },
  })
  .returns(({ Look }) => ({ found: Look.found }));

const table = sagaTable("orders", { hashKey: "order_id", rangeKey: "entity" });
export const stateMachineArn = new SagaStateMachine(lookup.name, { saga: lookup, table, workflowType: "EXPRESS" }).arn;
