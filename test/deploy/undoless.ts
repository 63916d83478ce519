// A program with a step that has no undo. The type checker refuses it, and nobody has asked that.
import { processPayment } from "../../handlers/payment";
import { saga } from "../../saga/language";

const withoutUndo = { task: processPayment, input: () => ({ order_id: "1", total: 1, card_no: "1234" }) };
saga("Sale")
  .step("ProcessPayment" as never, withoutUndo)
  .returns(() => ({}));
