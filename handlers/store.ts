import { openStore, type Store } from "../saga";
import { orderId } from "./input";

/** Opens the saga's table for one entity of an order, such as its payment. Each entity has a row of its own. */
export function storeOf<Data extends object>(entity: string): Store<{ readonly order_id: string }, Data> {
  return openStore({
    table: process.env["TABLE_NAME"],
    entity,
    // No action accepts another order_id, so there is nothing to undo for one.
    key: ({ order_id }) => (orderId.holds(order_id) ? { order_id, entity: entity.toUpperCase() } : undefined),
  });
}
