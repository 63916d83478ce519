import type { LocalCloud as Cloud } from "../../saga/local/cloud";
import type { Stubs } from "../../saga/local/stubs";
import { dbos } from "./dbos";
import { ANSWERS, inputOf, REFUSAL } from "./order-saga";
import { restate } from "./restate";
import type { Order, System } from "./system";

// The stubs of the tasks, which answer at once.
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
  /** Whether executions and rows survive the process. */
  readonly kept?: boolean;
}

/** The order program on the local cloud, in its deployed form. */
const localCloud = ({ stubs, kept }: LocalOptions): Pick<System, "of" | "open"> => ({
  of: "this",
  async open(folder) {
    // Imported here, so that a peer's process does not load it.
    const { LocalCloud } = await import("../../saga/local/cloud");
    const { evaluateProgram } = await import("../../saga/local/program");
    const program = await evaluateProgram();
    // The stubs of a cloud are the same for all its orders. So each kind of order has a cloud of its own.
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

/** The systems by their names on the command line. The peers come first, because the others are compared with them. */
export const SYSTEMS: Readonly<Record<string, System>> = {
  restate: restate("functions"),
  dbos: dbos("functions"),
  // As durable as the peers. The local cloud is in memory by default, so this is measured only once.
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
