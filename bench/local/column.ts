/**
 * One column of `npm run bench:local`, in a process of its own: one system, one kind of order, and a number of orders
 * at once. It sends its result to the process that started it, and ends with that process.
 */
import { lookAt } from "./processes";
import { Unavailable } from "../peers";
import { SYSTEMS } from "./systems";

/** The result of a column. */
export interface Column {
  /** Milliseconds that the first orders took, all at once and with nothing warm. */
  readonly first: number;
  /** Orders a second, in each window after the warm-up. */
  readonly rates: readonly number[];
  /** The number of each wrong outcome. */
  readonly wrong: Readonly<Record<string, number>>;
  readonly orders: number;
  /**
   * Processor milliseconds for an order, in this process and its servers. Other work on the machine changes it little.
   */
  readonly cpu: number;
}

export type Report = Column | { readonly unavailable: string };

const WARM_UP_MS = 1_500;
const WINDOW_MS = 500;

/** The request for a column, in the process's arguments. */
export interface Asked {
  readonly system: string;
  readonly fails: boolean;
  readonly atOnce: number;
  readonly seconds: number;
  readonly folder: string;
}

async function measure({ system: name, fails, atOnce, seconds, folder }: Asked): Promise<Column> {
  const system = SYSTEMS[name];
  if (!system) throw new Error(`no system '${name}': there are ${Object.keys(SYSTEMS).join(", ")}`);
  const open = await system.open(folder);
  const wrong: Record<string, number> = {};
  const right = fails ? "compensated" : "completed";
  let orders = 0;
  const run = async (): Promise<void> => {
    const outcome = await open
      .run({ id: `order-${++orders}`, fails })
      .catch((error: unknown) => `error: ${(error as Error).message}`);
    if (outcome !== right) wrong[outcome] = (wrong[outcome] ?? 0) + 1;
  };

  const started = performance.now();
  await Promise.all(Array.from({ length: atOnce }, run));
  const first = performance.now() - started;

  const [cpuBefore, ordersBefore] = [lookAt(process.pid).cpu, orders];
  const begun = performance.now() + WARM_UP_MS;
  const ended = Array.from({ length: Math.ceil((seconds * 1000) / WINDOW_MS) }, () => 0);
  const end = begun + ended.length * WINDOW_MS;
  // Clients that start together would continue in waves, and a wave may be longer or shorter than a window.
  const stagger = Math.min(first, WARM_UP_MS * 0.7) / atOnce;
  const client = async (index: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, index * stagger));
    while (performance.now() < end) {
      await run();
      const window = Math.floor((performance.now() - begun) / WINDOW_MS);
      if (window >= 0 && window < ended.length) ended[window] = (ended[window] as number) + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, index) => client(index)));
  const cpu = (lookAt(process.pid).cpu - cpuBefore) / (orders - ordersBefore);
  await open.close();
  return { first, rates: ended.map((count) => (count * 1000) / WINDOW_MS), wrong, orders, cpu };
}

process.on("disconnect", () => process.exit(1));
measure(JSON.parse(process.argv[2] ?? "{}") as Asked)
  .catch((error: unknown): Report => {
    if (error instanceof Unavailable) return { unavailable: error.message };
    throw error;
  })
  .then(
    (report: Report) => {
      process.send?.(report, () => process.exit(0));
    },
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
