import { expect } from "chai";
import * as fc from "fast-check";
import {
  type Json,
  loadMachine,
  seededRandom,
  startExecution,
  TaskFailure,
  type VirtualClock,
  virtualClock,
} from "../../saga/interpreter";
import { compile } from "../../saga/compile";
import { type Saga, saga } from "../../saga/language";
import { stub } from "../language/tasks";
import { sizes } from "../slow";

/** Tries after the first one (S4): an action's budget for transient faults, and an undo's for any error. */
const [ACTION_RETRIES, UNDO_RETRIES] = [6, 12];

/** How the failing step fails: before, during or after its effect. */
type Failure = "transient-passes" | "transient-exhausts" | "business" | "definite" | "timeout";

interface Case {
  readonly steps: number;
  /** The number of the failing step, from 1. If it is greater than `steps`, no step fails. */
  readonly failing: number;
  readonly failure: Failure;
  readonly afterEffect: boolean;
  /** For a transient failure: the number of failing tries. */
  readonly tries: number;
  /** The failing undo. If its failure is not transient, the saga is stuck and redriven. */
  readonly undo: { readonly at: number; readonly passesAfter: number | "redrive" } | undefined;
}

const cases: fc.Arbitrary<Case> = fc.integer({ min: 1, max: 8 }).chain((steps) =>
  fc.record({
    steps: fc.constant(steps),
    failing: fc.integer({ min: 1, max: steps + 1 }),
    failure: fc.constantFrom<Failure>("transient-passes", "transient-exhausts", "business", "definite", "timeout"),
    afterEffect: fc.boolean(),
    tries: fc.integer({ min: 1, max: ACTION_RETRIES }),
    undo: fc.option(
      fc.record({
        at: fc.nat({ max: steps - 1 }),
        passesAfter: fc.oneof(fc.integer({ min: 1, max: UNDO_RETRIES }), fc.constant("redrive" as const)),
      }),
      { nil: undefined },
    ),
  }),
);

/** Each step reads the step before, and each undo its own step. Without types, since the shape is known only at run time. */
function build(steps: number): Saga {
  let builder: any = saga<{ order: string }>("Linear");
  for (let n = 1; n <= steps; n++) {
    builder = builder.step(`Do${n}`, {
      task: stub(`do${n}`),
      input: (scope: any) => ({ order: scope.input.order, ...(n > 1 && { before: scope[`Do${n - 1}`].token }) }),
      definite: ["Refused"],
      undo: { name: `Undo${n}`, task: stub(`undo${n}`), input: (scope: any) => ({ own: scope[`Do${n}`].token }) },
    });
  }
  return builder.returns((scope: any) => ({ last: scope[`Do${steps}`].token })) as Saga;
}

/** The calls that the rules require, in order, by function. It does not use the compiler. */
function demanded({ steps, failing, failure, tries, undo }: Case) {
  const times = (name: string, count: number): string[] => Array.from({ length: count }, () => name);
  const calls: string[] = [];
  for (let n = 1; n <= Math.min(failing, steps); n++) {
    const failures =
      n !== failing ? 0 : { "transient-passes": tries, "transient-exhausts": ACTION_RETRIES }[failure as string];
    calls.push(...times(`do${n}`, 1 + (failures ?? 0)));
  }
  if (failing > steps || failure === "transient-passes") {
    for (let n = failing + 1; n <= steps; n++) calls.push(`do${n}`);
    return { calls, outcome: "completed", stuckAt: undefined };
  }
  // S2: the failing step's own undo runs too, unless the error is definite.
  const chain = Array.from({ length: failure === "definite" ? failing - 1 : failing }, (_, n) => n + 1).reverse();
  const faulty = undo && chain[undo.at];
  let stuckAt: string | undefined;
  for (const n of chain) {
    if (n === faulty && undo?.passesAfter === "redrive") {
      stuckAt = `Undo${n}`;
      calls.push(...times(`undo${n}`, 1 + UNDO_RETRIES));
    } else if (n === faulty) {
      calls.push(...times(`undo${n}`, undo?.passesAfter as number));
    }
    calls.push(`undo${n}`);
  }
  return { calls, outcome: "compensated", stuckAt };
}

/** The world of the saga's tasks. It keeps S3, and fails as the case says. */
class World {
  readonly calls: { name: string; id: unknown; step: unknown; payload: Record<string, Json> }[] = [];
  readonly live = new Set<string>();
  mended = false;
  private readonly undone = new Set<string>();
  private readonly counts = new Map<string, number>();
  private readonly faultyUndo: string | undefined;

  constructor(
    private readonly tried: Case,
    private readonly clock: VirtualClock,
  ) {
    const { failing, failure, undo } = tried;
    const at = undo && (failure === "definite" ? failing - 1 : failing) - undo.at;
    this.faultyUndo = at === undefined ? undefined : `undo${at}`;
  }

  readonly invoke = async ({ arguments: args }: { arguments: Json }): Promise<Json> => {
    const { FunctionName: name, Payload } = args as { FunctionName: string; Payload: any };
    const { saga: caller, ...payload } = Payload;
    this.calls.push({ name, id: caller.id, step: caller.step, payload });
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    const act = (): Json => {
      const [, kind, n] = /^(do|undo)(\d+)$/.exec(name) as unknown as [string, string, string];
      if (kind === "undo") {
        this.live.delete(n);
        this.undone.add(n);
        return null;
      }
      if (this.undone.has(n)) throw new TaskFailure("AlreadyUndone", n);
      this.live.add(n);
      return { token: `t${n}` };
    };
    const fault = this.faultOf(name, count);
    if (fault === undefined) return { StatusCode: 200, Payload: act() };
    if (this.tried.afterEffect && fault !== "Refused") act();
    if (fault === "timeout") {
      await this.clock.sleep(3_600_000);
      act();
    }
    throw new TaskFailure(fault, `${name} fails`);
  };

  private faultOf(name: string, count: number): string | undefined {
    const { failing, failure, tries, undo } = this.tried;
    if (name === this.faultyUndo && undo) {
      return (undo.passesAfter === "redrive" ? !this.mended : count <= undo.passesAfter) ? "UndoFails" : undefined;
    }
    if (name !== `do${failing}`) return undefined;
    switch (failure) {
      case "transient-passes":
        return count <= tries ? "Lambda.TooManyRequestsException" : undefined;
      case "transient-exhausts":
        return "Lambda.ServiceException";
      case "business":
        return "CardDeclined";
      case "definite":
        return "Refused";
      case "timeout":
        return "timeout";
    }
  }
}

describe("a compiled linear saga with any failing step", () => {
  for (const [runs, mark] of sizes(600, 60)) {
    it(`makes exactly the calls that S1, S2 and S4 require, and ends as S5 and S6 say (${runs} cases)${mark}`, async function () {
      this.timeout(60_000);
      const machines = Array.from({ length: 8 }, (_, n) => loadMachine(compile(build(n + 1), ({ name }) => name)));
      const reached = { completed: 0, compensated: 0, stuck: 0 };
      await fc.assert(
        fc.asyncProperty(cases, async (tried) => {
          const clock = virtualClock();
          const world = new World(tried, clock);
          const execution = startExecution(machines[tried.steps - 1] as (typeof machines)[number], {
            input: { order: "1" },
            invoke: world.invoke,
            clock,
            random: seededRandom(1),
          });
          const { calls, outcome, stuckAt } = demanded(tried);

          let result = await execution.result;
          if (stuckAt !== undefined) {
            reached.stuck++;
            expect(result).to.include({ status: "FAILED", failedState: stuckAt, error: "UndoFails" });
            world.mended = true;
            result = await execution.redrive();
          }
          // Late calls arrive.
          await clock.sleep(7_200_000);

          expect(world.calls.map(({ name }) => name)).to.deep.equal(calls);
          for (const { name, id, step, payload } of world.calls) {
            expect({ id, step }, "S11").to.deep.equal({ id: execution.arn, step: `Do${name.replace(/\D/g, "")}` });
            // The failing step has no result for its undo to read; S8 leaves the field out.
            const n = Number(name.replace(/\D/g, ""));
            if (name.startsWith("undo")) expect(payload).to.deep.equal(n === tried.failing ? {} : { own: `t${n}` });
          }
          if (outcome === "completed") {
            reached.completed++;
            expect(result).to.deep.equal({ status: "SUCCEEDED", output: { last: `t${tried.steps}` } });
            expect(world.live.size, "every effect is there").to.equal(tried.steps);
            return;
          }
          reached.compensated++;
          const { error, status, cause } = result;
          expect({ error, status }).to.deep.equal({ status: "FAILED", error: "SagaCompensated" });
          const { cause: why, ...told } = JSON.parse(cause as string) as Record<string, unknown>;
          expect(told).to.deep.equal({
            saga: "Linear",
            step: `Do${tried.failing}`,
            error: {
              "transient-exhausts": "Lambda.ServiceException",
              business: "CardDeclined",
              definite: "Refused",
              timeout: "States.Timeout",
            }[tried.failure as string],
          });
          if (tried.failure !== "timeout") expect(why).to.equal(`do${tried.failing} fails`);
          expect([...world.live], "no effect is left").to.deep.equal([]);
        }),
        { numRuns: runs, seed: 1987 },
      );
      // The cases are useful only if they reach every outcome.
      expect(Math.min(...Object.values(reached)), JSON.stringify(reached)).to.be.above(runs / 20);
    });
  }
});
