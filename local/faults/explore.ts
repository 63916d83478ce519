import { isDeepStrictEqual } from "node:util";
import { LocalCloud } from "../cloud";
import type { Program } from "../program";
import { KINDS } from "./kinds";
import { SETTINGS, wholeOrder } from "./orders";
import { type Fault, runCalls, type Scenario, type Stage, type Tried, tryOut } from "./scenario";
import { withTwins } from "./twins";
import { inVirtualTime } from "./virtual";

export interface Finding {
  readonly scenario: Scenario;
  readonly redrives: number;
  readonly violations: readonly string[];
}

/** An order that stands in the table all the time, and that no scenario touches. */
const BYSTANDER = "bystander";
/** As many as keep two cores busy. */
const AT_ONCE = 4;

/**
 * Tries every fault at every call of the program's state machine, in each setting, and with two at once every pair of
 * which the second strikes at a call that the execution makes after the first.
 */
export async function explore(
  registered: Program,
  { pairs, onFinding = () => {} }: { readonly pairs: boolean; readonly onFinding?: (finding: Finding) => void },
): Promise<readonly Finding[]> {
  const program = withTwins(registered);
  const cloud = await LocalCloud.start(program);
  try {
    const names = new Map(program.resources.map(({ arn, name }) => [arn as string, name]));
    const stage: Stage = { cloud, start: inVirtualTime(program, cloud), names };
    await runCalls(cloud, wholeOrder(BYSTANDER), "another-saga");
    const bystander = await cloud.table.rows(BYSTANDER);

    const findings: Finding[] = [];
    const orders = new Set([BYSTANDER]);
    const run = async (scenario: Scenario): Promise<Tried> => {
      const order_id = `order-${orders.size}`;
      orders.add(order_id);
      const tried = await tryOut(stage, scenario, order_id);
      const untouched = isDeepStrictEqual(await cloud.table.rows(BYSTANDER), bystander);
      const violations = [...tried.violations, ...(untouched ? [] : ["another order's rows have changed"])];
      const finding = { scenario, redrives: tried.redrives, violations };
      findings.push(finding);
      onFinding(finding);
      return tried;
    };

    for (const setting of SETTINGS) {
      const { tries } = await run({ setting, faults: [] });
      const singles = faultsAt([...tries.keys()]);
      await inTurns(singles, async (first) => {
        const after = await run({ setting, faults: [first] });
        if (!pairs) return;
        for (const second of faultsAt(callsAfter(first, after))) await run({ setting, faults: [first, second] });
      });
    }
    const strays = (await cloud.table.rows()).filter(({ order_id }) => !orders.has(order_id as string));
    if (strays.length > 0) throw new Error(`rows of orders that there are none of: ${JSON.stringify(strays)}`);
    return findings;
  } finally {
    await cloud.close();
  }
}

const faultsAt = (states: readonly string[]): readonly Fault[] =>
  states.flatMap((state) => KINDS.map((kind) => ({ state, kind })));

/** Where a second fault can strike: at a further try of the same call, or at a later call. */
function callsAfter({ state }: Fault, { tries }: Tried): readonly string[] {
  const states = [...tries.keys()];
  const at = states.indexOf(state);
  return states.slice((tries.get(state) ?? 0) > 1 ? at : at + 1);
}

/** Does a few at once, and the next as soon as one is done. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
