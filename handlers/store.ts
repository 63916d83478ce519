import { openStore, type Store } from "../saga";
import { orderId } from "./input";

/** Opens the saga's table for one kind of thing that is done for an order: each has a row of its own. */
export function storeOf<Data extends object>(entity: string): Store<{ readonly order_id: string }, Data> {
  return openStore({
    table: process.env["TABLE_NAME"],
    entity,
    // What no action accepts, none has done.
    key: ({ order_id }) => (orderId.holds(order_id) ? { order_id, entity: entity.toUpperCase() } : undefined),
  });
}
