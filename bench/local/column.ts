/**
 * One column of `npm run bench:local`, in a process of its own: a system, so many orders at once, all of one kind.
 * Prints what it measured as one line of JSON.
 */
import { SYSTEMS, Unavailable } from "./systems";

/** What a column measured. */
export interface Column {
  /** Why there is nothing else. */
  readonly unavailable?: string;
  /** Milliseconds that the first orders took, all at once, with nothing warm. */
  readonly first: number;
  /** Orders that ended, in each second that followed. */
  readonly rates: readonly number[];
  /** How often each outcome came that is not the right one. */
  readonly wrong: Readonly<Record<string, number>>;
  readonly orders: number;
  /** Milliseconds of a core that an order costs: what else the machine does changes it little. */
  readonly cpu: number;
}

const WARM_UP_MS = 1_500;

async function measure(name: string, fails: boolean, atOnce: number, seconds: number): Promise<Column> {
  const system = SYSTEMS[name];
  if (!system) throw new Error(`no system '${name}': there are ${Object.keys(SYSTEMS).join(", ")}`);
  const open = await system.open();
  const wrong: Record<string, number> = {};
  const right = fails ? "compensated" : "completed";
  let orders = 0;
  const run = async (): Promise<void> => {
    const outcome = await open.run({ id: `order-${++orders}`, fails });
    if (outcome !== right) wrong[outcome] = (wrong[outcome] ?? 0) + 1;
  };

  const started = performance.now();
  await Promise.all(Array.from({ length: atOnce }, run));
  const first = performance.now() - started;

  const [cpuBefore, ordersBefore] = [process.cpuUsage(), orders];
  const begun = performance.now() + WARM_UP_MS;
  const rates = Array.from({ length: seconds }, () => 0);
  const end = begun + seconds * 1000;
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      await run();
      const second = Math.floor((performance.now() - begun) / 1000);
      if (second >= 0 && second < seconds) rates[second] = (rates[second] as number) + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  const { user, system: kernel } = process.cpuUsage(cpuBefore);
  const cpu = (user + kernel) / 1000 / (orders - ordersBefore);
  await open.close();
  return { first, rates, wrong, orders, cpu };
}

const [name = "", outcome, atOnce = "1", seconds = "5"] = process.argv.slice(2);
measure(name, outcome === "fails", Number(atOnce), Number(seconds)).then(
  (column) => {
    console.log(JSON.stringify(column));
  },
  (error: unknown) => {
    if (!(error instanceof Unavailable)) throw error;
    console.log(JSON.stringify({ unavailable: error.message }));
  },
);
