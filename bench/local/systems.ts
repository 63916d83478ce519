import type { LocalCloud as Cloud } from "../../saga/local/cloud";
import type { Stubs } from "../../saga/local/stubs";
import { dbos } from "./dbos";
import { ANSWERS, inputOf, REFUSAL } from "./order-saga";
import { restate } from "./restate";
import type { Order, System } from "./system";

// In place of the tasks: what they answer, at once.
const STUBS: Stubs = {
  ...Object.fromEntries(
    (["CreateOrder", "ProcessPayment", "ProcessShipment"] as const).map((step) => [step, { output: ANSWERS[step] }]),
  ),
  ...Object.fromEntries(
    ["DeleteOrder", "RefundPayment", "CancelShipment"].map((undo) => [undo, { output: ANSWERS.undo }]),
  ),
};

interface LocalOptions {
  readonly stubs?: (order: Order) => Stubs;
  /** Whether executions and rows outlive the process. */
  readonly kept?: boolean;
}

/** The order program as it is deployed, on the local cloud. */
const localCloud = ({ stubs, kept }: LocalOptions): Pick<System, "of" | "open"> => ({
  of: "this",
  async open(folder) {
    // Not above: a peer's process does not load what it does not use.
    const { LocalCloud } = await import("../../saga/local/cloud");
    const { evaluateProgram } = await import("../../saga/local/program");
    const program = await evaluateProgram();
    // What stands in for a task is said once, of all orders: so there is a cloud for each kind of order.
    const clouds = new Map<boolean, Promise<Cloud>>();
    const cloudFor = (order: Order): Promise<Cloud> => {
      const given = stubs?.(order);
      const key = given !== undefined && order.fails;
      const data = `${folder}/data-${String(key)}`;
      const options = { ...(given && { stubs: given }), ...(kept && { data }) };
      const cloud = clouds.get(key) ?? LocalCloud.start(program, options);
      clouds.set(key, cloud);
      return cloud;
    };
    await cloudFor({ id: "", fails: false });
    return {
      async run(order) {
        const cloud = await cloudFor(order);
        const { result } = cloud.startExecution(inputOf(order));
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

const standIns: LocalOptions = {
  stubs: ({ fails }) => (fails ? { ...STUBS, ProcessShipment: { ...REFUSAL } } : STUBS),
};

/** By the names that the command line has for them. The peers come first: what is this repository's is held against them. */
export const SYSTEMS: Readonly<Record<string, System>> = {
  restate: restate("functions"),
  dbos: dbos("functions"),
  // As durable as the peers are. The local cloud is in memory unless told, so this is measured once.
  kept: { title: "this, --data", steps: "functions", atOnce: [50], ...localCloud({ kept: true }) },
  local: { title: "this", steps: "functions", ...localCloud({}) },
  "restate-stand-ins": restate("stand-ins"),
  "dbos-stand-ins": dbos("stand-ins"),
  "kept-stand-ins": {
    title: "this, --data",
    steps: "stand-ins",
    atOnce: [50],
    ...localCloud({ ...standIns, kept: true }),
  },
  "stand-ins": { title: "this", steps: "stand-ins", ...localCloud(standIns) },
};
