import { expect } from "chai";
import * as fc from "fast-check";
import type { RawStates } from "../../saga/asl/states";
import { compile } from "../../saga/compile";
import { declarationOf } from "../../saga/compile/declaration";
import { readHistory } from "../../saga/control/history";
import { isOutstanding, ledgerAt } from "../../saga/control/ledger";
import { statusAt, storyOf } from "../../saga/control/story";
import { loadMachine, seededRandom, startExecution, virtualClock } from "../../saga/interpreter";
import { awsHistoryEvent } from "../../saga/local/step-functions/history-events";
import { build } from "../generated/build";
import { type Scenario, scenario } from "../generated/spec";
import { World } from "../generated/world";
import { sizes } from "../slow";

/** The real effects at an event, and those that were undone. */
interface Truth {
  readonly live: ReadonlySet<string>;
  readonly undone: ReadonlySet<string>;
}

/** Runs a scenario, redrives it if it is stuck, and records the real effects at each event. */
async function run({ nodes, ...rest }: Scenario) {
  const built = build(nodes);
  const machine = compile(built.saga, (task) => task.name);
  const clock = virtualClock();
  const world = new World(built, { nodes, ...rest }, clock);
  const truths: Truth[] = [];
  const execution = startExecution(loadMachine(machine), {
    input: built.input as never,
    invoke: world.invoke,
    clock,
    random: seededRandom(1),
    onEvent: () => truths.push({ live: new Set(world.live), undone: new Set(world.undone) }),
  });
  const result = await execution.result;
  if (result.status === "FAILED" && result.error !== "SagaCompensated") {
    world.broken = false;
    await execution.redrive();
  }
  const events = readHistory(execution.history.map((event) => awsHistoryEvent(event)));
  const declaration = declarationOf(built.saga);
  const story = storyOf({ events, definition: machine as unknown as RawStates, declaration });
  return { story, declaration, events, truths, outcome: execution.outcome };
}

describe("the story and the ledger of generated sagas under faults", () => {
  for (const [cases, mark] of sizes(400)) {
    it(`agree with the real effects at every event (${cases} cases)${mark}`, async function () {
      this.timeout(240_000);
      const seen = new Map<string, number>();
      await fc.assert(
        fc.asyncProperty(scenario, async (tried) => {
          const { story, declaration, events, truths } = await run(tried);
          for (const { id } of events) {
            const truth = truths[id - 1] as Truth;
            const entries = new Map(ledgerAt(story, declaration, id).map((entry) => [entry.instance, entry]));
            for (const instance of truth.live) {
              const entry = entries.get(instance);
              expect(entry && isOutstanding(entry), `${instance} is there at event ${id}`).to.equal(true);
            }
            for (const { instance, status, undo } of entries.values()) {
              seen.set(status, (seen.get(status) ?? 0) + 1);
              const where = `${instance} at event ${id} is ${status}`;
              if (status === "live" && !undo) expect(truth.live.has(instance), where).to.equal(true);
              if (status === "undone" || status === "tombstoned")
                expect(truth.undone.has(instance), where).to.equal(true);
              if (status === "not begun" || status === "refused") {
                expect([truth.live.has(instance), truth.undone.has(instance)], where).to.deep.equal([false, false]);
              }
            }
          }
        }),
        { numRuns: cases },
      );
      expect([...seen.keys()], "every status is reached").to.include.members([
        "not begun",
        "in progress",
        "in doubt",
        "refused",
        "live",
        "undone",
        "tombstoned",
      ]);
    });

    it(`end every visit at the end of the execution (${cases} cases)${mark}`, async function () {
      this.timeout(240_000);
      await fc.assert(
        fc.asyncProperty(scenario, async (tried) => {
          const { story, events, outcome } = await run(tried);
          expect(story.outcome).to.equal(outcome?.status === "SUCCEEDED" ? "completed" : "compensated");
          expect(story.path).to.have.length(events.filter(({ type }) => type.endsWith("StateEntered")).length);
          const tries = story.path.flatMap(({ calls }) => calls.flatMap((call) => call.tries));
          expect(tries).to.have.length(events.filter(({ type }) => type === "TaskScheduled").length);
          for (const visit of story.path) {
            const status = statusAt(story, visit, Infinity);
            expect(status, visit.instance).to.be.oneOf(["done", "failed", "undone"]);
            expect(visit.ended, visit.instance).to.be.a("number");
          }
          for (const each of tries) expect(each.outcome).to.be.oneOf(["succeeded", "failed", "timed out"]);
        }),
        { numRuns: cases },
      );
    });
  }
});
