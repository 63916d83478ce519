/** The input of the order saga, and of another order whose rows are there in every scenario. */
export const ORDER = { order_id: "1", total: 100, card_no: "123-1234", address: "123 st" };
export const BESIDE = { order_id: "2", total: 50, card_no: "123-1234", address: "124 st" };
