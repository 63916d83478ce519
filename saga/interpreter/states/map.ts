import type { MapState } from "../definition";
import { Interrupted, StateFailure } from "../errors";
import { Frame } from "../frame";
import type { Json } from "../json";
import { runFrame } from "../run";
import { type Outcome, type Visit, withRetryAndCatch } from "../visit";
import { runTogether } from "./together";

// "Using Map state in Inline mode": up to 40 concurrent iterations.
const MAX_INLINE_CONCURRENCY = 40;

export function runMap(visit: Visit<MapState>, resuming: boolean): Promise<Outcome> {
  const { state, frame } = visit;
  let resume = visit.goesOnWithChildren(resuming);
  return withRetryAndCatch(
    visit,
    async (progress) => {
      const limit = (await evaluateMaxConcurrency(visit)) || MAX_INLINE_CONCURRENCY;
      if (resume) {
        for (const child of frame.children ?? []) child.resuming = true;
      } else {
        const items = await evaluateItems(visit);
        if (state.items) visit.mark({ mark: "input", value: items });
        visit.record("MapStateStarted", { length: items.length });
        frame.children = items.map((Value, Index) => new Frame(state.itemProcessor, Value, frame, { Index, Value }));
      }
      // The service evaluates the tolerated failures in Inline mode too, but applies them only in Distributed mode:
      // here, one failure fails the Map.
      await evaluateTolerance(visit);
      resume = false;
      const iterations = frame.children ?? [];
      if (!progress?.joined) {
        await runTogether(iterations, Math.min(limit, MAX_INLINE_CONCURRENCY), visit.signal, (child, signal, index) =>
          runIteration(visit, child, signal, index),
        );
        visit.record("MapStateSucceeded");
      }
      const result: Json = iterations.map((child) => child.result?.output ?? null);
      return visit.leave(state, state.next, result, { result });
    },
    () => {
      visit.recordOnce("MapStateFailed");
    },
  );
}

export async function evaluateItems(visit: Visit<MapState>): Promise<Json[]> {
  const { items } = visit.state;
  if (items) return (await visit.evaluateTyped(items, "array")) as Json[];
  if (Array.isArray(visit.input)) return visit.input;
  return visit.evaluationFailed(undefined, `Map state input must be an array but was: ${JSON.stringify(visit.input)}`);
}

const isCount = (n: number): boolean => Number.isInteger(n) && n >= 0;

/** 0: no limit. */
export async function evaluateMaxConcurrency(visit: Visit<MapState>): Promise<number> {
  const { maxConcurrency } = visit.state;
  return maxConcurrency ? visit.evaluateNumber(maxConcurrency, "MaxConcurrency", isCount) : 0;
}

export interface Tolerance {
  readonly toleratedFailureCount?: number;
  readonly toleratedFailurePercentage?: number;
}

export async function evaluateTolerance(visit: Visit<MapState>): Promise<Tolerance> {
  const { toleratedFailureCount: count, toleratedFailurePercentage: percentage } = visit.state;
  const isPercentage = (n: number): boolean => n >= 0 && n <= 100;
  return {
    ...(count && {
      toleratedFailureCount: await visit.evaluateNumber(count, "ToleratedFailureCount", isCount),
    }),
    ...(percentage && {
      toleratedFailurePercentage: await visit.evaluateNumber(percentage, "ToleratedFailurePercentage", isPercentage),
    }),
  };
}

async function runIteration(visit: Visit<MapState>, child: Frame, signal: AbortSignal, index: number): Promise<void> {
  const { state, runtime, frame } = visit;
  const { items } = frame;
  const record = (type: string): void => {
    if (child.recorded.delete(type)) return;
    runtime.history.add(child.thread, type, { state: state.name, index, ...(items.length > 0 && { items }) });
  };
  if (!child.started && !child.recorded.has("MapIterationStarted")) child.thread.previous = frame.thread.previous;
  if (!child.started) record("MapIterationStarted");
  try {
    if (child.recorded.has("MapIterationAborted")) throw new Interrupted();
    if (child.selectorFailure) throw child.selectorFailure;
    if (!child.started && state.itemSelector) {
      child.input = await visit.evaluate(state.itemSelector, visit.bindings({}, visit.context(child.mapItem)));
      visit.checkSize(child.input, `The state/task '${state.name}' has an ItemSelector`);
    }
    child.started = true;
    await runFrame(runtime, child, signal);
    record("MapIterationSucceeded");
  } catch (error) {
    if (error instanceof StateFailure) record("MapIterationFailed");
    if (error instanceof Interrupted) record("MapIterationAborted");
    throw error;
  }
}
