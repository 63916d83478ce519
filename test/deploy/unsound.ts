// A program whose saga retries an error that it declares as definite.
import { logged, saga, SagaStateMachine, sagaTable, task } from "../../saga";

const act = (name: string) =>
  task<{ order_id: string }, { done: boolean }>(name, {
    table: [],
    handler: () => logged("act", async () => ({ outcome: "done", result: { done: true } })),
  });
const charge = saga<{ order_id: string }>("Charge")
  .step("Pay", {
    task: act("pay"),
    input: ({ input }) => ({ order_id: input.order_id }),
    definite: ["CardDeclined"],
    retry: { errors: ["CardDeclined"], attempts: 3 },
    undo: { name: "Refund", task: act("refund"), input: ({ input }) => ({ order_id: input.order_id }) },
  })
  .returns(({ Pay }) => ({ done: Pay.done }));

const table = sagaTable("orders", { hashKey: "order_id", rangeKey: "entity" });
export const stateMachineArn = new SagaStateMachine(charge.name, { saga: charge, table }).arn;
