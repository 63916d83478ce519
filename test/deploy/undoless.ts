// A program with a step without an undo. The type checker would refuse it, but does not run.
import { processPayment } from "../../handlers/payment";
import { saga } from "../../saga/language";

const withoutUndo = { task: processPayment, input: () => ({ order_id: "1", total: 1, card_no: "1234" }) };
saga("Sale")
  .step("ProcessPayment" as never, withoutUndo)
  .returns(() => ({}));
