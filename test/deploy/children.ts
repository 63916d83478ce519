// A program whose saga has five child sagas. It has eleven state machines, and one for its own undos.
import { createOrder, deleteOrder } from "../../handlers/order";
import { saga, SagaStateMachine, sagaTable } from "../../saga";

type Order = { order_id: string; total: number };
const child = (name: string) =>
  saga<Order>(name)
    .step("CreateOrder", {
      task: createOrder,
      input: ({ input }) => ({ order_id: input.order_id, total: input.total }),
      undo: { name: "DeleteOrder", task: deleteOrder, input: ({ input }) => ({ order_id: input.order_id }) },
    })
    .returns(() => ({}));
const parent = saga<Order>("Parent")
  .child("First", child("One"), ({ input }) => input)
  .child("Second", child("Two"), ({ input }) => input)
  .child("Third", child("Three"), ({ input }) => input)
  .child("Fourth", child("Four"), ({ input }) => input)
  .child("Fifth", child("Five"), ({ input }) => input)
  .returns(() => ({}));

const table = sagaTable("orders", { hashKey: "order_id", rangeKey: "entity" });
export const stateMachineArn = new SagaStateMachine(parent.name, { saga: parent, table }).arn;
