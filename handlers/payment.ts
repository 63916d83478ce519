import { check, logged, task, type Undone } from "../saga";
import { idFor } from "./id";
import { cardNo, orderId, total } from "./input";
import { storeOf } from "./store";

export interface ProcessPayment {
  readonly order_id: string;
  readonly total: number;
  readonly card_no: string;
}

export interface Payment {
  readonly payment_id: string;
  readonly order_id: string;
  readonly total: number;
  readonly card_last4: string;
}

export interface RefundPayment {
  readonly order_id: string;
  /** Absent if the payment failed: the card may have been charged all the same. */
  readonly payment_id?: string;
}

export const processPayment = task<ProcessPayment, Payment>("processPayment", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const payments = storeOf<Payment>("Payment");
    return logged("processPayment", async (event) => {
      check("InvalidPayment", event, { order_id: orderId, total, card_no: cardNo });
      const { saga, order_id, total: amount, card_no } = event;
      return payments.create(event, {
        payment_id: idFor("pay", saga, order_id),
        order_id,
        total: amount,
        card_last4: card_no.replace(/\D/g, "").slice(-4),
      });
    });
  },
});

export const refundPayment = task<RefundPayment, Undone>("refundPayment", {
  table: ["UpdateItem"],
  handler: () => {
    const payments = storeOf<Payment>("Payment");
    return logged("refundPayment", (event) => payments.undo(event));
  },
});
