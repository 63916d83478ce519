import { createOrder, deleteOrder } from "./handlers/order";
import { processPayment, refundPayment } from "./handlers/payment";
import { cancelShipment, processShipment } from "./handlers/shipment";
import { saga } from "./saga";

/** The input of an execution. */
export interface OrderRequest {
  order_id: string;
  total: number;
  card_no: string;
  address: string;
}

/** Creates, charges and ships an order. If a step fails, all that was done is undone. */
export const orderFulfilment = saga<OrderRequest>("OrderFulfilment")
  .step("CreateOrder", {
    task: createOrder,
    input: ({ input }) => ({ order_id: input.order_id, total: input.total }),
    undo: { name: "DeleteOrder", task: deleteOrder, input: ({ input }) => ({ order_id: input.order_id }) },
  })
  .step("ProcessPayment", {
    task: processPayment,
    input: ({ input, CreateOrder }) => ({
      order_id: CreateOrder.order_id,
      total: CreateOrder.total,
      card_no: input.card_no,
    }),
    undo: {
      name: "RefundPayment",
      task: refundPayment,
      input: ({ input, ProcessPayment }) => ({ order_id: input.order_id, payment_id: ProcessPayment.payment_id }),
    },
  })
  .step("ProcessShipment", {
    task: processShipment,
    input: ({ input, CreateOrder }) => ({ order_id: CreateOrder.order_id, address: input.address }),
    undo: {
      name: "CancelShipment",
      task: cancelShipment,
      input: ({ input, ProcessShipment }) => ({ order_id: input.order_id, tracking_no: ProcessShipment.tracking_no }),
    },
  })
  .returns(({ CreateOrder, ProcessPayment, ProcessShipment }) => ({
    order_id: CreateOrder.order_id,
    payment_id: ProcessPayment.payment_id,
    tracking_no: ProcessShipment.tracking_no,
  }));
