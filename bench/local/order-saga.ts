/**
 * The saga of orderFulfilment.ts for the peers: written by hand, with try and catch. Its steps are the functions of
 * handlers/, so that all systems check, log and write the same; or stand-ins that answer at once.
 */
import { refusal } from "../../saga/store/refusal";
import type { TaskDefinition, TaskEvent } from "../../saga/language/task";
import type { CreateOrder, DeleteOrder, Order as CreatedOrder } from "../../handlers/order";
import type { Payment, ProcessPayment, RefundPayment } from "../../handlers/payment";
import type { CancelShipment, ProcessShipment, Shipment } from "../../handlers/shipment";
import type { Undone } from "../../saga/store/store";
import type { Order, Outcome } from "./system";

type Handler<In, Out> = (event: TaskEvent<In>) => Promise<Out>;

export interface OrderTasks {
  readonly createOrder: Handler<CreateOrder, CreatedOrder>;
  readonly processPayment: Handler<ProcessPayment, Payment>;
  readonly processShipment: Handler<ProcessShipment, Shipment>;
  readonly deleteOrder: Handler<DeleteOrder, Undone>;
  readonly refundPayment: Handler<RefundPayment, Undone>;
  readonly cancelShipment: Handler<CancelShipment, Undone>;
}

/** The input of an execution. The third step refuses an order without an address. */
export const inputOf = ({ id, fails }: Order) => ({
  order_id: id,
  total: 10,
  card_no: "4242424242424242",
  address: fails ? "" : "1 Main Street",
});

/** The answers of the stand-ins. */
export const ANSWERS = {
  CreateOrder: { order_id: "o", total: 10 },
  ProcessPayment: { payment_id: "pay_1", order_id: "o", total: 10, card_last4: "4242" },
  ProcessShipment: { tracking_no: "trk_1", order_id: "o", address: "1 Main Street" },
  undo: { undone: true },
} as const;
export const REFUSAL = { error: "InvalidShipment", cause: "address: expected a string" } as const;

/** Steps that answer at once. */
export const STAND_INS: OrderTasks = {
  createOrder: () => Promise.resolve(ANSWERS.CreateOrder),
  processPayment: () => Promise.resolve(ANSWERS.ProcessPayment),
  processShipment: ({ address }) =>
    address === "" ? Promise.reject(refusal(REFUSAL.error, REFUSAL.cause)) : Promise.resolve(ANSWERS.ProcessShipment),
  deleteOrder: () => Promise.resolve(ANSWERS.undo),
  refundPayment: () => Promise.resolve(ANSWERS.undo),
  cancelShipment: () => Promise.resolve(ANSWERS.undo),
};

const handlerOf = async <In extends object, Out>({ handler }: TaskDefinition<In, Out>): Promise<Handler<In, Out>> =>
  handler();

/** The program's own functions, on the table that TABLE_NAME names. */
export async function programTasks(): Promise<OrderTasks> {
  const [order, payment, shipment] = await Promise.all([
    import("../../handlers/order"),
    import("../../handlers/payment"),
    import("../../handlers/shipment"),
  ]);
  return {
    createOrder: await handlerOf(order.createOrder),
    processPayment: await handlerOf(payment.processPayment),
    processShipment: await handlerOf(shipment.processShipment),
    deleteOrder: await handlerOf(order.deleteOrder),
    refundPayment: await handlerOf(payment.refundPayment),
    cancelShipment: await handlerOf(shipment.cancelShipment),
  };
}

/** Runs a step, and stores its answer so that it survives the process. */
export type Durably = <T>(step: string, run: () => Promise<T>) => Promise<T>;

/**
 * Runs the saga of one order: three steps. If one fails, the undos of all steps that began run in reverse order.
 * @param id The execution's id, by which the functions recognise a repeated call
 */
export async function runOrder(order: Order, id: string, tasks: OrderTasks, durably: Durably): Promise<Outcome> {
  const { order_id, total, card_no, address } = inputOf(order);
  const as = (step: string) => ({ saga: { id, step } });
  const undos: (() => Promise<Undone>)[] = [];
  try {
    undos.push(() => durably("DeleteOrder", () => tasks.deleteOrder({ order_id, ...as("CreateOrder") })));
    await durably("CreateOrder", () => tasks.createOrder({ order_id, total, ...as("CreateOrder") }));
    undos.push(() => durably("RefundPayment", () => tasks.refundPayment({ order_id, ...as("ProcessPayment") })));
    const charge = { order_id, total, card_no, ...as("ProcessPayment") };
    await durably("ProcessPayment", () => tasks.processPayment(charge));
    undos.push(() => durably("CancelShipment", () => tasks.cancelShipment({ order_id, ...as("ProcessShipment") })));
    await durably("ProcessShipment", () => tasks.processShipment({ order_id, address, ...as("ProcessShipment") }));
    return "completed";
  } catch (error) {
    const began = undos.length;
    for (const undo of undos.reverse()) if (!(await undo()).undone) return "an undo found nothing to undo";
    return began === 3 ? "compensated" : `compensated at step ${began}: ${(error as Error).message}`;
  }
}

/** The keys of the program's table. */
export const TABLE = {
  attributes: [
    { name: "order_id", type: "S" },
    { name: "entity", type: "S" },
  ],
  hashKey: "order_id",
  rangeKey: "entity",
} as const;
