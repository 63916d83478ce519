import { isDeepStrictEqual } from "node:util";
import { KINDS } from "../../saga/testing/faults/kinds";
import { SETTINGS } from "./orders";
import { type Fault, type Scenario, type Tried, tryOut } from "./scenario";
import { BYSTANDER, type Stage } from "./stage";

export interface Finding {
  readonly scenario: Scenario;
  readonly redrives: number;
  readonly violations: readonly string[];
}

/** As many as keep two cores busy. */
const AT_ONCE = 4;

/**
 * Tries every fault at every call of the state machine, in each setting, and every pair of which the second strikes at a
 * call that the execution makes after the first.
 * @throws Error when the table has rows of orders that there are none of
 */
export async function explore(stage: Stage, { pairs }: { readonly pairs: boolean }): Promise<readonly Finding[]> {
  const { table } = stage.cloud;
  const bystander = await table.rows(BYSTANDER);
  const orders = new Set((await table.rows()).map((row) => row["order_id"]));
  const findings: Finding[] = [];

  const run = async (scenario: Scenario): Promise<Tried> => {
    const order_id = `order-${orders.size}`;
    orders.add(order_id);
    const tried = await tryOut(stage, scenario, order_id);
    const untouched = isDeepStrictEqual(await table.rows(BYSTANDER), bystander);
    const violations = [...tried.violations, ...(untouched ? [] : ["the rows of another order have changed"])];
    findings.push({ scenario, redrives: tried.redrives, violations });
    return tried;
  };

  for (const setting of SETTINGS) {
    const { tries } = await run({ setting, faults: [] });
    await inTurns(faultsAt([...tries.keys()]), async (first) => {
      const after = await run({ setting, faults: [first] });
      if (!pairs || (setting.partsAt !== undefined && !after.tries.has(setting.partsAt))) return;
      for (const second of faultsAt(callsAfter(first, after))) await run({ setting, faults: [first, second] });
    });
  }
  const strays = (await table.rows()).filter(({ order_id }) => !orders.has(order_id));
  if (strays.length > 0) throw new Error(`rows of orders that there are none of: ${JSON.stringify(strays)}`);
  return findings;
}

const faultsAt = (states: readonly string[]): readonly Fault[] =>
  states.flatMap((state) => KINDS.map((kind) => ({ state, kind })));

/** Where a second fault can strike: at a further try of the same call, unless the first takes them all, or later. */
function callsAfter({ state, kind }: Fault, { tries, redrives }: Tried): readonly string[] {
  const states = [...tries.keys()];
  const again = (tries.get(state) as number) > 1 && (!kind.lasting || redrives > 0);
  return states.slice(states.indexOf(state) + (again ? 0 : 1));
}

/** Does a few at once, and the next as soon as one is done. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
