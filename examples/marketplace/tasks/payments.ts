import type * as pulumi from "@pulumi/pulumi";
import { logged, refusal, task } from "saga-aws-pulumi";

/** A payment service across the network. */
export interface PaymentService {
  readonly url: string;
  readonly key: pulumi.Input<string>;
}

/**
 * The idempotency key of a charge is the saga's identity: the same in a retry, in the undo and in a recovery. The
 * service charges a key only once. After a refund it refuses to charge the key, even if it did not know it before. So
 * the service itself keeps the contract of a task, and these tasks need no table.
 */
export function payments({ url, key }: PaymentService) {
  const environment = { PAYMENTS_URL: url, PAYMENTS_KEY: key };
  /** Runs in the function, at its cold start. */
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
