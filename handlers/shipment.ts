import { check, logged, openStore, task, type Undone } from "../saga";
import { idFor } from "./id";
import { address, orderId } from "./input";

export interface ProcessShipment {
  readonly order_id: string;
  readonly address: string;
}

export interface Shipment {
  readonly tracking_no: string;
  readonly order_id: string;
  readonly address: string;
}

export interface CancelShipment {
  readonly order_id: string;
  /** Absent when the shipment failed: whether it left is then unknown. */
  readonly tracking_no?: string;
}

export const processShipment = task<ProcessShipment, Shipment>("processShipment", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const store = openStore("Shipment");
    return logged("processShipment", async (event) => {
      check("InvalidShipment", event, { order_id: orderId, address });
      return store.create(event.saga, event.order_id, {
        tracking_no: idFor("trk", event.saga, event.order_id),
        address: event.address,
      });
    });
  },
});

export const cancelShipment = task<CancelShipment, Undone>("cancelShipment", {
  table: ["UpdateItem"],
  handler: () => {
    const store = openStore("Shipment");
    return logged("cancelShipment", ({ saga, order_id }) => store.undo(saga, order_id));
  },
});
