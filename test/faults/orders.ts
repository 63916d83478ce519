import type { Json, JsonObject } from "../../saga/interpreter";

/** What the order saga does to the table, step by step. */
export const STEPS = [
  { action: "CreateOrder", task: "createOrder", undo: "deleteOrder", entity: "ORDER" },
  { action: "ProcessPayment", task: "processPayment", undo: "refundPayment", entity: "PAYMENT" },
  { action: "ProcessShipment", task: "processShipment", undo: "cancelShipment", entity: "SHIPMENT" },
] as const;

/** A call of a function by another saga than the one on trial. */
export interface Call {
  readonly task: string;
  readonly input: JsonObject;
}

const order = (order_id: string) => ({ order_id, total: 100, card_no: "123-1234", address: "123 st" });

/** The calls of a saga that has gone through. */
export const wholeOrder = (order_id: string): readonly Call[] =>
  STEPS.map(({ task }) => ({ task, input: order(order_id) }));

/** What a saga is given, and what other sagas have left there. */
export interface Setting {
  readonly name: string;
  readonly input: (order_id: string) => Json;
  readonly earlier: (order_id: string) => readonly Call[];
  /** The state at which it parts from the setting before it. */
  readonly partsAt?: string;
}

export const SETTINGS: readonly Setting[] = [
  { name: "an order that goes through", input: order, earlier: () => [] },
  {
    name: "a second try, whose shipment another saga holds",
    input: order,
    earlier: (order_id) => [
      { task: "deleteOrder", input: { order_id } },
      { task: "refundPayment", input: { order_id } },
      { task: "processShipment", input: order(order_id) },
    ],
    partsAt: "ProcessShipment",
  },
];
