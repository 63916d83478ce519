// A program in two releases, selected by the environment. The second does itself what a child saga did in the first.
import { createOrder, deleteOrder } from "../../handlers/order";
import { processPayment, refundPayment } from "../../handlers/payment";
import { saga, SagaStateMachine, sagaTable, seconds } from "../../saga";

interface Request {
  order_id: string;
  total: number;
}

const ordering = saga<Request>("Ordering")
  .step("CreateOrder", {
    task: createOrder,
    input: ({ input }) => ({ order_id: input.order_id, total: input.total }),
    undo: { name: "DeleteOrder", task: deleteOrder, input: ({ input }) => ({ order_id: input.order_id }) },
  })
  .returns(() => ({}));

/** Fails without a card. */
const former = saga<Request>("Inlined")
  .child("Order", ordering, ({ input }) => input)
  .wait("Pause", seconds(2))
  .step("Pay", {
    task: processPayment,
    input: ({ input }) => ({ order_id: input.order_id, total: input.total, card_no: "" }),
    undo: { name: "Refund", task: refundPayment, input: ({ input }) => ({ order_id: input.order_id }) },
  })
  .returns(() => ({}));
const present = saga<Request>("Inlined")
  .include("Order", ordering, ({ input }) => input)
  .returns(() => ({}));

const table = sagaTable("orders", { hashKey: "order_id", rangeKey: "entity" });
const released = process.env["RELEASE"] === "1" ? { saga: former } : { saga: present, retired: [former] };
export const stateMachineArn = new SagaStateMachine("Inlined", { ...released, table }).arn;
