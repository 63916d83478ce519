import { logged, openStore, task, type Undone } from "saga-aws-pulumi";

interface OrderKey {
  readonly buyer: string;
  readonly order: string;
}

interface Order {
  readonly payment: string;
  readonly fee: string;
}

const openOrders = () =>
  openStore<OrderKey, Order>({
    table: process.env["TABLE_NAME"],
    entity: "Order",
    key: ({ buyer, order }) => ({ owner: buyer, record: `ORDER#${order}` }),
  });

export const placeOrder = task<OrderKey & Order, Order>("placeOrder", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const orders = openOrders();
    return logged("placeOrder", (event) => orders.create(event, { payment: event.payment, fee: event.fee }));
  },
});

export const withdrawOrder = task<OrderKey, Undone>("withdrawOrder", {
  table: ["UpdateItem"],
  handler: () => {
    const orders = openOrders();
    return logged("withdrawOrder", (event) => orders.undo(event));
  },
});
