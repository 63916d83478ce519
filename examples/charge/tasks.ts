import { check, logged, nonBlank, openStore, task, type Undone } from "../../saga";

export interface ChargeCard {
  readonly order_id: string;
  readonly amount: number;
}

export interface Charge {
  readonly charge_id: string;
}

interface Intent {
  /** The key under which the service knows the charge. */
  readonly key: string;
  /** When the charge was asked for, in milliseconds since the epoch. */
  readonly asked_at: number;
}

/** Opens the rows that say who has asked the service for what: each saga has its own, as it has a charge of its own. */
const openIntents = () =>
  openStore<{ readonly order_id: string }, Intent>({
    table: process.env["TABLE_NAME"],
    entity: "Charge",
    key: ({ order_id, saga }) => ({ order_id, entity: `CHARGE#${saga.id}#${saga.step}` }),
  });

/** Calls the service; its URL is read at the cold start. */
function openService() {
  const url = process.env["CHARGES_URL"];
  return (method: string, path: string, body?: object): Promise<Response> =>
    fetch(`${String(url)}${path}`, {
      method,
      signal: AbortSignal.timeout(2_000),
      ...(body && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    });
}

/** The service did not do as it was asked. What it did is not known. */
const failure = (name: string, message: string): Error => Object.assign(new Error(message), { name });

const path = (key: string): string => `/charges/${encodeURIComponent(key)}`;

/**
 * Charges a card by a service across the network. What is written first says that the service has been asked, and is
 * refused where it is too late to ask. The key is the saga's identity: asked again, the service answers the same charge.
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
 * Refunds what was charged, if anything was. The tombstone comes first: from then on nobody asks for the charge any more.
 * Then the service is asked what it knows. Nothing may mean that the request is still on its way, so it is believed only
 * once none can be; until then the undo fails, and is retried.
 */
export const refundCard = task<{ readonly order_id: string; readonly charge_id?: string }, Undone>("refundCard", {
  table: ["UpdateItem", "GetItem"],
  handler: () => {
    const intents = openIntents();
    const service = openService();
    // Longer than a function runs, and a request takes.
    const settled = Number(process.env["CHARGES_SETTLE_MS"] ?? 60_000);
    return logged("refundCard", async (event) => {
      const undone = await intents.undo(event);
      const intent = await intents.find(event);
      // Nobody has asked for it.
      if (intent?.data.key === undefined) return undone;
      const known = await service("GET", path(intent.data.key));
      if (known.status === 404) {
        if (Date.now() - Number(intent.data.asked_at) > settled) return undone;
        throw failure("ChargeInDoubt", "the service knows of no charge, but one may be on its way");
      }
      const refunded = await service("POST", `${path(intent.data.key)}/refund`);
      if (!refunded.ok) throw failure("RefundFailed", `the service answers ${refunded.status}`);
      return undone;
    });
  },
});
