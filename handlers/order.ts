import { task } from "../saga/language/task";
import { orderId, total } from "./input";
import { check } from "../saga/store/rules";
import { logged } from "../saga/store/logged";
import { openStore, type Undone } from "../saga/store/store";

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
