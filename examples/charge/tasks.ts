import { check, logged, nonBlank, openStore, task, type Undone } from "../../saga";

export interface ChargeCard {
  readonly order_id: string;
  readonly amount: number;
}

export interface Charge {
  readonly charge_id: string;
}

interface Intent {
  /** The charge's idempotency key at the service. */
  readonly key: string;
  /** When the charge was requested, in milliseconds since the epoch. */
  readonly asked_at: number;
}

/**
 * Opens the rows that record which charges were requested. Each saga has a charge of its own, and so a row of its own.
 */
const openIntents = () =>
  openStore<{ readonly order_id: string }, Intent>({
    table: process.env["TABLE_NAME"],
    entity: "Charge",
    key: ({ order_id, saga }) => ({ order_id, entity: `CHARGE#${saga.id}#${saga.step}` }),
  });

/** Opens the service. Its URL is read at the cold start. */
function openService() {
  const url = process.env["CHARGES_URL"];
  return (method: string, path: string, body?: object): Promise<Response> =>
    fetch(`${String(url)}${path}`, {
      method,
      signal: AbortSignal.timeout(2_000),
      ...(body && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    });
}

/** The service did not confirm the request: it may or may not have carried it out. */
const failure = (name: string, message: string): Error => Object.assign(new Error(message), { name });

const path = (key: string): string => `/charges/${encodeURIComponent(key)}`;

/**
 * Charges a card through a service across the network. First it records the request; that write is refused if the undo
 * came first. The idempotency key is the saga's identity, so the service answers a repeated request with the same
 * charge.
 */
export const chargeCard = task<ChargeCard, Charge>("chargeCard", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const intents = openIntents();
    const service = openService();
    return logged("chargeCard", async (event) => {
      check("InvalidCharge", event, { order_id: nonBlank(255) });
      const { id, step } = event.saga;
      const { outcome, result } = await intents.create(event, { key: `${id}/${step}`, asked_at: Date.now() });
      const answer = await service("PUT", path(result.key), { amount: event.amount });
      if (!answer.ok) throw failure("ChargeFailed", `the service answers ${answer.status}`);
      return { outcome, result: (await answer.json()) as Charge };
    });
  },
});

/**
 * Refunds the charge, if there is one. First it writes the tombstone: from then on, nothing requests the charge. Then
 * it asks the service for the charge. If the service has none, the request may still be on its way. So the undo fails,
 * and is retried, until that is no longer possible.
 */
export const refundCard = task<{ readonly order_id: string; readonly charge_id?: string }, Undone>("refundCard", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const intents = openIntents();
    const service = openService();
    // Longer than a function and its request can take.
    const settled = Number(process.env["CHARGES_SETTLE_MS"] ?? 60_000);
    return logged("refundCard", async (event) => {
      const undone = await intents.undo(event);
      const intent = await intents.find(event);
      // The charge was never requested.
      if (intent?.data.key === undefined) return undone;
      const known = await service("GET", path(intent.data.key));
      if (known.status === 404) {
        if (Date.now() - Number(intent.data.asked_at) > settled) return undone;
        throw failure("ChargeInDoubt", "the service has no charge, but its request may still be on its way");
      }
      const refunded = await service("POST", `${path(intent.data.key)}/refund`);
      if (!refunded.ok) throw failure("RefundFailed", `the service answers ${refunded.status}`);
      return undone;
    });
  },
});
