// A program with a child saga and a service, encrypted with the key that the environment names.
import * as pulumi from "@pulumi/pulumi";
import { createOrder, deleteOrder } from "../../handlers/order";
import { processPayment, refundPayment } from "../../handlers/payment";
import { gt, saga, SagaStateMachine, sagaTable, serviceTask } from "../../saga";

interface Request {
  order_id: string;
  total: number;
  card_no: string;
}

const ordering = saga<Request>("Ordering")
  .step("CreateOrder", {
    task: createOrder,
    input: ({ input }) => ({ order_id: input.order_id, total: input.total }),
    undo: { name: "DeleteOrder", task: deleteOrder, input: ({ input }) => ({ order_id: input.order_id }) },
  })
  .returns(({ CreateOrder }) => ({ order_id: CreateOrder.order_id, total: CreateOrder.total }));

const TOPIC = "arn:aws:sns:eu-west-1:000000000000:orders";
const announce = serviceTask<
  { TopicArn: string; Message: string; MessageDeduplicationId: string },
  { MessageId: string }
>("announce", {
  resource: "arn:aws:states:::sns:publish",
  allow: [{ actions: ["sns:Publish"], resources: [TOPIC] }],
});

const family = saga<Request>("Family")
  .child("Order", ordering, ({ input }) => input)
  .step("Pay", {
    task: processPayment,
    input: ({ input, Order }) => ({ order_id: Order.order_id, total: Order.total, card_no: input.card_no }),
    undo: { name: "Refund", task: refundPayment, input: ({ input }) => ({ order_id: input.order_id }) },
  })
  .when(
    "Large",
    ({ input }) => gt(input.total, 1_000_000),
    (s) =>
      s.query("Announce", {
        task: announce,
        input: ({ saga: { id }, Pay }) => ({ TopicArn: TOPIC, Message: Pay.payment_id, MessageDeduplicationId: id }),
      }),
  )
  .returns(({ Order, Pay }) => ({ order_id: Order.order_id, payment_id: Pay.payment_id }));

const table = sagaTable("orders", { hashKey: "order_id", rangeKey: "entity", deletionProtection: false });
const kmsKeyArn = process.env["KEY"] === undefined ? undefined : pulumi.output(process.env["KEY"]);
const machine = new SagaStateMachine(family.name, { saga: family, table, kmsKeyArn });
export const stateMachineArn = machine.arn;
