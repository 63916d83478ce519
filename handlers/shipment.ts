import { check, logged, task, type Undone } from "../saga";
import { idFor } from "./id";
import { address, orderId } from "./input";
import { storeOf } from "./store";

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
  /** Absent if the shipment failed: it may have left all the same. */
  readonly tracking_no?: string;
}

export const processShipment = task<ProcessShipment, Shipment>("processShipment", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const shipments = storeOf<Shipment>("Shipment");
    return logged("processShipment", async (event) => {
      check("InvalidShipment", event, { order_id: orderId, address });
      return shipments.create(event, {
        tracking_no: idFor("trk", event.saga, event.order_id),
        order_id: event.order_id,
        address: event.address,
      });
    });
  },
});

export const cancelShipment = task<CancelShipment, Undone>("cancelShipment", {
  table: ["UpdateItem"],
  handler: () => {
    const shipments = storeOf<Shipment>("Shipment");
    return logged("cancelShipment", (event) => shipments.undo(event));
  },
});
