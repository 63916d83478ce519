// A program for this test alone: two sagas share a task, and one is also the other's child.
import { createOrder, deleteOrder } from "../../handlers/order";
import { saga, SagaStateMachine, sagaTable } from "../../saga";

interface Request {
  order_id: string;
  total: number;
}

const alone = saga<Request>("Alone")
  .step("CreateOrder", {
    task: createOrder,
    input: ({ input }) => ({ order_id: input.order_id, total: input.total }),
    undo: { name: "DeleteOrder", task: deleteOrder, input: ({ input }) => ({ order_id: input.order_id }) },
  })
  .returns(({ CreateOrder }) => ({ order_id: CreateOrder.order_id }));

const parent = saga<Request>("Parent")
  .child("Order", alone, ({ input }) => input)
  .step("CreateAnother", {
    task: createOrder,
    input: ({ input }) => ({ order_id: input.order_id, total: input.total }),
    undo: { name: "DeleteAnother", task: deleteOrder, input: ({ input }) => ({ order_id: input.order_id }) },
  })
  .returns(({ Order }) => ({ order_id: Order.order_id }));

const table = sagaTable("orders", { hashKey: "order_id", rangeKey: "entity" });
export const stateMachineArn = new SagaStateMachine(alone.name, { saga: alone, table }).arn;
new SagaStateMachine(parent.name, { saga: parent, table });
