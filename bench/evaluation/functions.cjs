// The functions of the peers' programs: plain writes, as in a tutorial. They do less than the order program's functions,
// which makes the peers' programs cheaper to evaluate.
const process = require("node:process");
const { DynamoDBClient } = require("@aws-sdk/client-dynamodb");
const { DeleteCommand, DynamoDBDocumentClient, PutCommand } = require("@aws-sdk/lib-dynamodb");

const db = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.TABLE_NAME;

const put =
  (/** @type {string} */ entity, /** @type {readonly string[]} */ fields) =>
  async (/** @type {Record<string, unknown>} */ event) => {
    for (const field of fields) if (event[field] === undefined) throw new Error(`${field} is missing`);
    const data = Object.fromEntries(fields.map((field) => [field, event[field]]));
    await db.send(new PutCommand({ TableName, Item: { ...data, order_id: event.order_id, entity } }));
    return data;
  };
const remove = (/** @type {string} */ entity) => async (/** @type {Record<string, unknown>} */ event) => {
  await db.send(new DeleteCommand({ TableName, Key: { order_id: event.order_id, entity } }));
  return {};
};

exports.createOrder = put("ORDER", ["order_id", "total"]);
exports.processPayment = put("PAYMENT", ["order_id", "total", "card_no"]);
exports.processShipment = put("SHIPMENT", ["order_id", "address"]);
exports.deleteOrder = remove("ORDER");
exports.refundPayment = remove("PAYMENT");
exports.cancelShipment = remove("SHIPMENT");
