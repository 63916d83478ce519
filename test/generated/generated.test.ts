import { expect } from "chai";
import * as fc from "fast-check";
import { loadMachine, seededRandom, startExecution, virtualClock } from "../../saga/interpreter";
import { compile } from "../../saga/compile";
import { type Built, build, isBefore } from "./build";
import { type Scenario, scenario } from "./spec";
import { type Call, World } from "./world";
import { sizes } from "../slow";

const RUNS = Number(process.env["GENERATED_RUNS"] ?? 2500);

async function run({ nodes, ...rest }: Scenario) {
  const built = build(nodes);
  const machine = compile(built.saga, (task) => task.name);
  const clock = virtualClock();
  const world = new World(built, { nodes, ...rest }, clock);
  const execution = startExecution(loadMachine(machine), {
    input: built.input as never,
    invoke: world.invoke,
    clock,
    random: seededRandom(1),
  });
  let result = await execution.result;
  const stuck = result.status === "FAILED" && result.error !== "SagaCompensated";
  if (stuck) {
    world.broken = false;
    result = await execution.redrive();
  }
  // Late calls arrive.
  await clock.sleep(600_000);
  return { built, machine, world, execution, result, stuck };
}

/** The actions that may have taken effect, and must be undone if the saga is compensated. */
function begun({ calls }: World, built: Built): Set<string> {
  const identities = new Set<string>();
  for (const call of calls.filter(({ undo }) => !undo)) {
    const action = built.actions.get(call.identity.replace(/\[.*/, ""));
    if (action?.undo) identities.add(call.identity);
    if (call.failed === "Refused" && action?.definite) identities.delete(call.identity);
  }
  return identities;
}

const succeeded = (calls: readonly Call[]): readonly Call[] =>
  calls.filter(({ ended, failed }) => ended !== undefined && failed === undefined);

/** The successful undos: the last try of each state. */
function undosOf(calls: readonly Call[]): ReadonlyMap<string, readonly Call[]> {
  const undos = new Map<string, Call[]>();
  for (const call of calls.filter(({ undo }) => undo))
    undos.set(call.identity, [...(undos.get(call.identity) ?? []), call]);
  return undos;
}

describe("generated sagas, run as they are compiled", () => {
  for (const [cases, mark] of sizes(RUNS, RUNS / 50)) {
    it(`have all effects or none, for any failing calls (${cases} cases)${mark}`, async function () {
      this.timeout(240_000);
      const outcomes = { completed: 0, compensated: 0, stuck: 0 };
      await fc.assert(
        fc.asyncProperty(scenario, async (tried) => {
          const { built, world, result, stuck, execution } = await run(tried);
          const { live, calls } = world;
          if (stuck) outcomes.stuck++;

          // A completed saga has no undos. A redriven saga ends.
          if (result.status === "SUCCEEDED") {
            outcomes.completed++;
            const effects = [...built.expected.keys()].filter((identity) => world.action(identity).kind !== "query");
            expect([...live], "every effect is there").to.have.members(effects);
            expect(
              calls.filter(({ undo }) => undo),
              "nothing is undone",
            ).to.deep.equal([]);
            return;
          }
          outcomes.compensated++;
          expect(result.error).to.equal("SagaCompensated");
          const cause = JSON.parse(result.cause as string) as Record<string, unknown>;
          expect(cause["saga"]).to.equal("Generated");
          expect(cause).to.include.keys("step", "error");
          expect([...live], "no effect is left").to.deep.equal([]);

          const undos = undosOf(calls);
          const started = begun(world, built);
          expect([...undos.keys()], "undos of what may have happened, and of nothing else").to.have.members([
            ...started,
          ]);
          for (const tries of undos.values()) {
            // A timed-out try may end later. No try begins after one has succeeded in time.
            const first = tries.findIndex(({ failed, ended }) => ended !== undefined && failed === undefined);
            expect(first, "an undo succeeds").to.be.at.least(0);
            expect(tries.length - 1, "at most once").to.equal(first);
          }
          // S1: the later of two actions in sequence is undone first.
          for (const [later, laterUndo] of undos) {
            for (const [earlier, earlierUndo] of undos) {
              const [a, b] = [built.possible.get(earlier), built.possible.get(later)];
              if (!a || !b || isBefore(a, b) !== true) continue;
              const done = laterUndo.at(-1)?.ended ?? Infinity;
              expect(done, `${later} is undone before ${earlier}`).to.be.below(earlierUndo[0]?.begun ?? -1);
            }
          }
          expect(execution.history.length).to.be.below(25_000);
        }),
        { numRuns: cases },
      );
      // The cases are useful only if they reach every outcome.
      expect(Math.min(...Object.values(outcomes)), JSON.stringify(outcomes)).to.be.above(cases / 100);
    });
  }

  for (const [cases, mark] of sizes(300)) {
    it(`pass existing results to their undos, and leave out missing ones (${cases} cases)${mark}`, async function () {
      this.timeout(120_000);
      await fc.assert(
        fc.asyncProperty(scenario, async (tried) => {
          const { world } = await run(tried);
          const tokens = new Set(
            succeeded(world.calls)
              .filter(({ undo }) => !undo)
              .map(({ identity }) => `t-${identity}`),
          );
          for (const { undo, identity, input } of world.calls.filter((call) => call.undo)) {
            const mine = `t-${identity}`;
            const lastTry = world.calls.filter((call) => !call.undo && call.identity === identity).at(-1);
            const had = lastTry?.ended !== undefined && lastTry.failed === undefined;
            expect(undo && input["own"], identity).to.equal(had ? mine : undefined);
            if ("previous" in input) expect(tokens).to.include(input["previous"]);
            expect(input["order"]).to.equal("1");
          }
        }),
        { numRuns: cases },
      );
    });
  }

  for (const [cases, mark] of sizes(300)) {
    it(`enter one state for each step on the success path, and the Choices that AWS requires (S13, ${cases} cases)${mark}`, async function () {
      this.timeout(120_000);
      await fc.assert(
        fc.asyncProperty(scenario, async ({ nodes }) => {
          const { execution, machine, built } = await run({ nodes, faults: [], broken: false });
          const entered = execution.history.filter(({ type }) => type.endsWith("StateEntered"));
          const bookkeeping = entered.filter(({ state }) => !/^[SWPMC]\d+$/.test(state as string));
          for (const { state } of bookkeeping) expect(state).to.match(/_settled$|_end$|^SagaCompleted$/);
          const tasks = entered.filter(({ type }) => type === "TaskStateEntered");
          expect(tasks).to.have.length(built.expected.size);
          expect(JSON.stringify(machine)).not.to.contain("States.Runtime");
        }),
        { numRuns: cases },
      );
    });
  }
});
