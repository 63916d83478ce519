import type * as pulumi from "@pulumi/pulumi";
import { logged, refusal, task } from "saga-aws-pulumi";

/** A payment service across the network. */
export interface PaymentService {
  readonly url: string;
  readonly key: pulumi.Input<string>;
}

/**
 * The service knows a charge by a key, which is the saga's identity: the same in a retry, in the undo, and in a recovery.
 * Asked again, it charges once. Told to refund a key that it does not know, it refuses that charge from then on. So it
 * keeps the contract of a task itself, and there is nothing to write down here.
 */
export function payments({ url, key }: PaymentService) {
  const environment = { PAYMENTS_URL: url, PAYMENTS_KEY: key };
  /** Runs in the function: what it reads of the environment is there at the cold start. */
  const openPayments = () => {
    const { PAYMENTS_URL = "", PAYMENTS_KEY = "" } = process.env;
    return (method: string, id: string, body: object) =>
      fetch(`${PAYMENTS_URL}/${encodeURIComponent(id)}`, {
        method,
        headers: { Authorization: `Bearer ${PAYMENTS_KEY}`, "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(5_000),
      });
  };

  const charge = task<{ readonly card: string; readonly amount: number }, { readonly payment: string }>("charge", {
    environment,
    handler: () => {
      const ask = openPayments();
      return logged("charge", async ({ card, amount, saga }) => {
        const answer = await ask("PUT", saga.id, { card, amount });
        if (answer.status === 402) throw refusal("CardDeclined", "the bank declines the card");
        if (answer.status === 410) throw refusal("AlreadyUndone", "this charge has been refunded");
        if (!answer.ok) throw new Error(`the payment service answers ${answer.status}`);
        return { outcome: "done", result: (await answer.json()) as { payment: string } };
      });
    },
  });

  const refund = task<object, { readonly refunded: boolean }>("refund", {
    environment,
    handler: () => {
      const ask = openPayments();
      return logged("refund", async ({ saga }) => {
        const answer = await ask("DELETE", saga.id, {});
        if (!answer.ok) throw new Error(`the payment service answers ${answer.status}`);
        return { outcome: "undone", result: { refunded: true } };
      });
    },
  });

  return { charge, refund };
}
