/** An order that goes through, and another that stands beside it all the time. */
export const ORDER = { order_id: "1", total: 100, card_no: "123-1234", address: "123 st" };
export const BESIDE = { order_id: "2", total: 50, card_no: "123-1234", address: "124 st" };
