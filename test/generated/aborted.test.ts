import type { HistoryEvent } from "@aws-sdk/client-sfn";
import { expect } from "chai";
import * as fc from "fast-check";
import { awsHistoryEvent } from "../../saga/local/step-functions/history-events";
import { type Execution, loadMachine, seededRandom, startExecution, virtualClock } from "../../saga/interpreter";
import { historyReader } from "../../saga/deploy/recovery/history";
import { compile, compileMachine, recoveryOf } from "../../saga/compile";
import { build, isBefore } from "./build";
import { type Scenario, scenario } from "./spec";
import { World } from "./world";
import { sizes } from "../slow";

const RUNS = Number(process.env["GENERATED_RUNS"] ?? 300);

/** Runs a saga until its history has some number of events, stops it, and recovers it from the history. */
async function abort({ nodes, ...rest }: Scenario, events: number) {
  const built = build(nodes);
  const clock = virtualClock();
  const world = new World(built, { nodes, ...rest }, clock);
  const common = { invoke: world.invoke, clock, random: seededRandom(1) };
  const execution: Execution = startExecution(loadMachine(compile(built.saga, (task) => task.name)), {
    ...common,
    input: built.input as never,
    onEvent: ({ id }) => {
      // One more turn, so that a call that has begun is in flight.
      if (id === events)
        void Promise.resolve().then(() => {
          execution.stop();
        });
    },
  });
  const { status } = await execution.result;
  const stopped = [...execution.history];
  const before = world.calls.length;
  world.broken = false;

  const recovery = recoveryOf(built.saga);
  const history = historyReader(recovery?.pivot, recovery?.reads ?? []);
  stopped
    .map((event) => awsHistoryEvent(event))
    .forEach((event) => {
      history.read(event as HistoryEvent);
    });
  let end: string | undefined;
  if (status === "ABORTED" && history.committed()) end = (await execution.redrive()).status;
  else if (status === "ABORTED" && recovery) {
    const machine = loadMachine(compileMachine(recovery.machine, (task) => task.name));
    const input = { execution: execution.arn, input: built.input, ...history.historyResults };
    end = (await startExecution(machine, { ...common, input: input as never }).result).status;
  }
  // Late calls arrive.
  await clock.sleep(600_000);
  return { built, world, status, stopped, before, history, recovery, end };
}

describe("generated sagas, stopped", () => {
  for (const [cases, mark] of sizes(RUNS, RUNS / 10)) {
    it(`have no effects after a stop at any event, or all of them after the pivot (S12, ${cases} cases)${mark}`, async function () {
      this.timeout(240_000);
      const outcomes = { ended: 0, undone: 0, completed: 0 };
      await fc.assert(
        fc.asyncProperty(scenario, fc.integer({ min: 2, max: 60 }), async (tried, events) => {
          const { built, world, status, stopped, before, history, recovery, end } = await abort(tried, events);
          if (status !== "ABORTED") {
            outcomes.ended++;
            return;
          }
          expect(history.ended()).to.equal(true);
          const effects = [...built.expected.keys()].filter((identity) => world.action(identity).kind !== "query");
          if (history.committed()) {
            outcomes.completed++;
            expect(end).to.equal("SUCCEEDED");
            expect([...world.live], "every effect is there").to.have.members(effects);
            return;
          }
          outcomes.undone++;
          expect([...world.live], "no effect is left").to.deep.equal([]);
          if (!recovery) return;
          expect(end).to.equal("SUCCEEDED");

          const answered = new Set(
            stopped.flatMap(({ type, output }) => (type === "TaskSucceeded" ? [(output as any).Payload.token] : [])),
          );
          const begun = new Map(
            world.calls.slice(0, before).flatMap((call) => (call.undo ? [] : [[call.identity, call] as const])),
          );
          const undos = world.calls
            .slice(before)
            .filter(({ undo, failed, ended }) => undo && ended !== undefined && !failed);
          for (const identity of begun.keys()) {
            if (!world.action(identity).undo) continue;
            const undo = undos.find((one) => one.identity === identity);
            expect(undo, `${identity} is undone`).not.to.equal(undefined);
            const mine = `t-${identity}`;
            expect(undo?.input["own"], identity).to.equal(answered.has(mine) ? mine : undefined);
            // Also in a branch or in an item of a list.
            expect(undo?.input["previous"], identity).to.equal(begun.get(identity)?.input["previous"]);
          }
          // S1. Steps that have not begun are undone too: their tombstones refuse a redrive.
          for (const later of undos) {
            for (const earlier of undos) {
              const [a, b] = [built.possible.get(earlier.identity), built.possible.get(later.identity)];
              if (!a || !b || isBefore(a, b) !== true) continue;
              expect(later.ended, `${later.identity} is undone before ${earlier.identity}`).to.be.below(earlier.begun);
            }
          }
        }),
        { numRuns: cases },
      );
      expect(Math.min(...Object.values(outcomes)), JSON.stringify(outcomes)).to.be.above(cases / 50);
    });
  }
});
