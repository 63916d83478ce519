import { check, logged, openStore, task, type Undone } from "../saga";
import { orderId, total } from "./input";

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
    const store = openStore("Order");
    return logged("createOrder", async (event) => {
      check("InvalidOrder", event, { order_id: orderId, total });
      return store.create(event.saga, event.order_id, { total: event.total });
    });
  },
});

export const deleteOrder = task<DeleteOrder, Undone>("deleteOrder", {
  table: ["UpdateItem"],
  handler: () => {
    const store = openStore("Order");
    return logged("deleteOrder", ({ saga, order_id }) => store.undo(saga, order_id));
  },
});
