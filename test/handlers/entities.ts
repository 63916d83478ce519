/** A saga's identity: its execution's ARN, its step's name. */
export const by = (execution: string) => ({
  saga: { id: `arn:aws:states:eu-west-1:000000000000:execution:OrderFulfilment:${execution}`, step: "Step" },
});

export const A = by("A");
export const B = by("B");
export const C = by("C");

/** The three pairs of functions, to test each rule of the table on all of them: what A and B write for order 1. */
export const entities = [
  {
    entity: "ORDER",
    action: "createOrder",
    undo: "deleteOrder",
    exists: "OrderAlreadyExists",
    inputOfA: { total: 100 },
    dataOfA: { total: 100 },
    inputOfB: { total: 7.25 },
    dataOfB: { total: 7.25 },
  },
  {
    entity: "PAYMENT",
    action: "processPayment",
    undo: "refundPayment",
    exists: "PaymentAlreadyExists",
    inputOfA: { total: 100, card_no: "123-1234" },
    dataOfA: { payment_id: "pay_1d5daea2ba563f7bf1b25dd6", total: 100, card_last4: "1234" },
    inputOfB: { total: 7.25, card_no: "5500 0000 0000 0004" },
    dataOfB: { payment_id: "pay_ccc47362803e8dd1e749c147", total: 7.25, card_last4: "0004" },
  },
  {
    entity: "SHIPMENT",
    action: "processShipment",
    undo: "cancelShipment",
    exists: "ShipmentAlreadyExists",
    inputOfA: { address: "123 st" },
    dataOfA: { tracking_no: "trk_1d5daea2ba563f7bf1b25dd6", address: "123 st" },
    inputOfB: { address: "9 Elm Road" },
    dataOfB: { tracking_no: "trk_ccc47362803e8dd1e749c147", address: "9 Elm Road" },
  },
] as const;
