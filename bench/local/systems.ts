import { LocalCloud } from "../../saga/local/cloud";
import { evaluateProgram } from "../../saga/local/program";
import type { Stubs } from "../../saga/local/stubs";

/** What an order comes to. Whatever is neither of the two is told as it is. */
export type Outcome = "completed" | "compensated" | (string & {});

export interface Order {
  readonly id: string;
  /** Whether its third step, the shipment, refuses it. */
  readonly fails: boolean;
}

/** Something that runs the order saga, opened in a process of its own. */
export interface System {
  readonly title: string;
  /** @throws Unavailable where this machine does not have what it needs */
  open(): Promise<OpenSystem>;
}

export interface OpenSystem {
  run(order: Order): Promise<Outcome>;
  close(): Promise<void>;
}

/** Why a system's columns are left out. */
export class Unavailable extends Error {}

// In place of the tasks: what they answer, at once.
const STAND_INS: Stubs = {
  CreateOrder: { output: { order_id: "o", total: 10 } },
  ProcessPayment: { output: { payment_id: "pay_1", order_id: "o", total: 10, card_last4: "4242" } },
  ProcessShipment: { output: { tracking_no: "trk_1", order_id: "o", address: "1 Main Street" } },
  ...Object.fromEntries(
    ["DeleteOrder", "RefundPayment", "CancelShipment"].map((undo) => [undo, { output: { undone: true } }]),
  ),
};
const REFUSED = { ProcessShipment: { error: "InvalidShipment", cause: "address: expected a string" } };

/** The order program as it is deployed, on the local cloud. */
const localCloud = (stubs: (order: Order) => Stubs | undefined): Pick<System, "open"> => ({
  async open() {
    const program = await evaluateProgram();
    // What stands in for a task is said once, of all orders: so there is a cloud for each kind of order.
    const clouds = new Map<boolean, Promise<LocalCloud>>();
    const cloudFor = (order: Order): Promise<LocalCloud> => {
      const given = stubs(order);
      const key = given !== undefined && order.fails;
      const cloud = clouds.get(key) ?? LocalCloud.start(program, { ...(given && { stubs: given }) });
      clouds.set(key, cloud);
      return cloud;
    };
    await cloudFor({ id: "", fails: false });
    return {
      async run(order) {
        const cloud = await cloudFor(order);
        const input = { order_id: order.id, total: 10, card_no: "4242424242424242", address: "1 Main Street" };
        const { result } = cloud.startExecution(order.fails ? { ...input, address: "" } : input);
        const { status, error } = await result;
        if (status === "SUCCEEDED") return "completed";
        return error === "SagaCompensated" ? "compensated" : `${status} ${error ?? ""}`;
      },
      async close() {
        for (const cloud of clouds.values()) await (await cloud).close();
      },
    };
  },
});

/** By the names that the command line has for them. */
export const SYSTEMS: Readonly<Record<string, System>> = {
  local: { title: "this, functions and table", ...localCloud(() => undefined) },
  "stand-ins": {
    title: "this, stand-ins",
    ...localCloud(({ fails }) => (fails ? { ...STAND_INS, ...REFUSED } : STAND_INS)),
  },
};
