import { check, logged, task, type Undone } from "../saga";
import { orderId, total } from "./input";
import { storeOf } from "./store";

export interface CreateOrder {
  readonly order_id: string;
  readonly total: number;
}

export interface Order {
  readonly order_id: string;
  readonly total: number;
}

export interface DeleteOrder {
  readonly order_id: string;
}

export const createOrder = task<CreateOrder, Order>("createOrder", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const orders = storeOf<Order>("Order");
    return logged("createOrder", async (event) => {
      check("InvalidOrder", event, { order_id: orderId, total });
      return orders.create(event, { order_id: event.order_id, total: event.total });
    });
  },
});

export const deleteOrder = task<DeleteOrder, Undone>("deleteOrder", {
  table: ["UpdateItem"],
  handler: () => {
    const orders = storeOf<Order>("Order");
    return logged("deleteOrder", (event) => orders.undo(event));
  },
});
