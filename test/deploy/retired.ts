// A program whose saga no longer has a step. The step's functions stay for executions that began with it.
import { createOrder, deleteOrder } from "../../handlers/order";
import { processPayment, refundPayment } from "../../handlers/payment";
import { saga, SagaStateMachine, sagaTable } from "../../saga";

const short = saga<{ order_id: string; total: number }>("Short")
  .step("CreateOrder", {
    task: createOrder,
    input: ({ input }) => ({ order_id: input.order_id, total: input.total }),
    undo: { name: "DeleteOrder", task: deleteOrder, input: ({ input }) => ({ order_id: input.order_id }) },
  })
  .returns(({ CreateOrder }) => ({ order_id: CreateOrder.order_id }));

const table = sagaTable("orders", { hashKey: "order_id", rangeKey: "entity" });
const retired = [processPayment, refundPayment];
export const stateMachineArn = new SagaStateMachine(short.name, { saga: short, table, retired }).arn;
