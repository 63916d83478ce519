import { expect } from "chai";
import {
  type Execution,
  type HistoryEvent,
  type Invoke,
  type Json,
  type JournalEntry,
  loadMachine,
  restoreExecution,
  seededRandom,
  startExecution,
  TaskFailure,
  virtualClock,
} from "../../saga/interpreter";
import { randomMachine } from "./random-machine";
import { sizes } from "../slow";

const RUNS = Number(process.env["RESTORE_RUNS"] ?? 40);

/** The behaviour of a call: how long it takes, and how it ends. It depends on the call's key alone. */
function planOf(seed: number, key: string) {
  let hash = seed;
  for (const character of key) hash = Math.imul(hash, 31) + character.charCodeAt(0);
  const random = seededRandom(hash);
  const ms = 1000 + Math.floor(random() * 900_000);
  const fails = random() < 0.3;
  return { ms, error: fails ? (random() < 0.6 ? "Odd" : "Other") : undefined, beats: random() < 0.7 };
}

interface Call {
  readonly key: string;
  readonly at: number;
  readonly token?: string;
}

interface Run {
  readonly calls: Call[];
  readonly entries: Timed[];
  readonly history: readonly HistoryEvent[];
  readonly result: object;
}

interface Timed {
  readonly time: number;
  readonly entry: JournalEntry;
}

/**
 * Runs a machine to its end, and redrives it once if it does not succeed. A called service works on even if the
 * execution is cut off: its answer comes a fixed time after the first call.
 * @param before The journal of an earlier run, up to where it was cut off.
 * @param known The calls that the earlier run had made.
 */
async function run(seed: number, before: readonly Timed[] = [], known: readonly Call[] = []): Promise<Run> {
  const random = seededRandom(seed);
  const machine = loadMachine(randomMachine(seed));
  const stopAt = random() < 0.15 ? 1_000_000 + Math.floor(random() * 3_000_000) : undefined;
  const start = before.at(-1)?.time ?? 0;
  const clock = virtualClock(start);
  const entries = [...before];
  const first = new Map(known.filter(({ at }) => at <= start).map((call) => [call.key, call]));
  const calls: Call[] = [];

  const work = async (call: Call): Promise<void> => {
    const { ms, error, beats } = planOf(seed, call.key);
    const { token } = call;
    if (token === undefined) return;
    const end = call.at + ms;
    for (let beat = call.at + 37_000; beats && beat < end; beat += 37_000) {
      if (beat < start) continue;
      await clock.sleep(beat - clock.now());
      ignoringTimeout(() => {
        execution.sendTaskHeartbeat(token);
      });
    }
    if (end < start) return;
    await clock.sleep(end - clock.now());
    ignoringTimeout(() => {
      if (error === undefined) execution.sendTaskSuccess(token, call.key);
      else execution.sendTaskFailure(token, error, call.key);
    });
  };
  const invoke: Invoke = async ({ arguments: args, taskToken: token }) => {
    const { key } = args as { key: string };
    const there = first.get(key);
    // A call that the earlier run had not made has another token now.
    const same = there?.token === token ? there : undefined;
    const call = same ?? { key, at: there?.at ?? clock.now(), ...(token !== undefined && { token }) };
    calls.push(call);
    if (!same) {
      first.set(key, call);
      void work(call);
    }
    const { ms, error } = planOf(seed, key);
    if (token !== undefined) {
      await clock.sleep(call.at + ms / 10 - clock.now());
      return "submitted";
    }
    await clock.sleep(call.at + ms - clock.now());
    if (error !== undefined) throw new TaskFailure(error, key);
    return key;
  };
  const options = {
    invoke,
    clock,
    random: seededRandom(seed + before.length),
    onEntry: (entry: JournalEntry) =>
      entries.push({ time: clock.now(), entry: JSON.parse(JSON.stringify(entry)) as JournalEntry }),
    execution: { name: "one" },
  };
  const input: Json = { path: "", salt: seed % 7 };
  const execution: Execution =
    before.length > 0
      ? restoreExecution(
          machine,
          before.map(({ entry }) => entry),
          options,
        )
      : startExecution(machine, { ...options, input });
  for (const call of first.values()) void work(call);
  if (stopAt !== undefined && stopAt >= start) {
    void clock.sleep(stopAt - start).then(() => {
      execution.stop("Stopped", "by somebody");
    });
  }
  let result = await execution.result;
  if (result.status !== "SUCCEEDED" && !execution.history.some(({ type }) => type === "ExecutionRedriven")) {
    const { timestamp } = execution.history.at(-1) as HistoryEvent;
    await clock.sleep(timestamp + 5000 - clock.now());
    result = await execution.redrive();
  }
  return { calls, entries, history: execution.history, result };
}

function ignoringTimeout(send: () => void): void {
  try {
    send();
  } catch (error) {
    expect((error as Error).name).to.equal("TaskTimedOut");
  }
}

/** The events of each branch and each iteration, in order. The order between branches is not defined. */
function threads(history: readonly HistoryEvent[], containers: ReadonlyMap<string, string>) {
  const groups = new Map<string, object[]>();
  const nameOf = new Map<number, string>([[0, "-"]]);
  for (const { id, previousEventId, timestamp, ...event } of history) {
    const { state, iteration, items = iteration === undefined ? [] : [iteration] } = event;
    const around = /^MapIteration/.test(event.type)
      ? `${[...(event.items ?? []), event.index].join()} of ${state}`
      : "";
    const group = around || (state === undefined ? "execution" : `${items.join()} in ${containers.get(state)}`);
    const events = groups.get(group) ?? [];
    groups.set(group, events);
    nameOf.set(id, `${group}[${events.length}]`);
    const previous = nameOf.get(previousEventId);
    const withoutToken = JSON.parse(JSON.stringify(event), (field, value: unknown) =>
      field === "token" ? "" : value,
    ) as object;
    events.push({ previous, timestamp, ...withoutToken });
  }
  return Object.fromEntries([...groups].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The sequence to which each state belongs. */
function containersOf(sequence: Record<string, unknown>, name = "top"): [string, string][] {
  const states = sequence["States"] as Record<string, Record<string, unknown>>;
  return Object.entries(states).flatMap(([state, { Branches, ItemProcessor }]) => [
    [state, name] as [string, string],
    ...((Branches ?? []) as Record<string, unknown>[]).flatMap((each, index) =>
      containersOf(each, `${state}.${index}`),
    ),
    ...(ItemProcessor ? containersOf(ItemProcessor as Record<string, unknown>, state) : []),
  ]);
}

/** The keys of the calls whose end is recorded. */
function finished(entries: readonly Timed[]): ReadonlySet<string> {
  const open = new Map<string, string>();
  const keys = new Set<string>();
  for (const { entry } of entries) {
    if ("mark" in entry || entry.state === undefined) continue;
    const place = `${entry.state} ${(entry.items ?? [entry.iteration]).join()}`;
    if (entry.type === "TaskScheduled") open.set(place, (entry.parameters as { key: string }).key);
    if (/^Task(Succeeded|Failed|TimedOut)$/.test(entry.type)) keys.add(open.get(place) ?? "");
  }
  return keys;
}

describe("interpreter: an execution that is restored from its journal", () => {
  for (const [cases, mark] of sizes(RUNS)) {
    it(`ends as an undisturbed one, wherever the journal is cut off (${cases} machines)${mark}`, async function () {
      this.timeout(600_000);
      const seen = { cuts: 0, redriven: 0, stopped: 0, tokens: 0, succeeded: 0, types: new Set<string>() };
      const [from, to] = process.env["RESTORE_SEED"] ? [Number(process.env["RESTORE_SEED"]), 0] : [1, cases];
      for (let seed = from; seed < Math.max(from + 1, to + 1); seed++) {
        const containers = new Map(containersOf(randomMachine(seed) as Record<string, unknown>));
        const whole = await run(seed);
        const expected = { result: whole.result, threads: threads(whole.history, containers) };
        for (const { type } of whole.history) seen.types.add(type);
        if (whole.history.some(({ type }) => type === "ExecutionRedriven")) seen.redriven++;
        if (whole.history.some(({ type }) => type === "ExecutionAborted")) seen.stopped++;
        if ((whole.result as { status: string }).status === "SUCCEEDED") seen.succeeded++;
        seen.tokens += whole.calls.filter(({ token }) => token !== undefined).length;
        for (let cut = 1; cut < whole.entries.length; cut++) {
          seen.cuts++;
          const before = whole.entries.slice(0, cut);
          const again = await run(seed, before, whole.calls);
          const label = `machine ${seed}, cut after entry ${cut}, ${JSON.stringify(before.at(-1)?.entry).slice(0, 200)}`;
          expect({ result: again.result, threads: threads(again.history, containers) }, label).to.deep.equal(expected);
          const done = finished(before);
          const twice = again.calls.filter(({ key }) => done.has(key));
          expect(twice, `${label}: calls that had ended`).to.deep.equal([]);
        }
      }
      if (process.env["RESTORE_SEED"] === undefined && cases >= 25) {
        // The machines test something only if they reach every kind of state and event.
        const { cuts, types, ...counts } = seen;
        expect(cuts).to.be.above(40 * cases);
        expect(Math.min(...Object.values(counts)), JSON.stringify(counts)).to.be.above(0);
        for (const type of [
          "TaskTimedOut",
          "MapIterationAborted",
          "ParallelStateFailed",
          "MapStateFailed",
          "EvaluationFailed",
          "TaskSubmitted",
          "WaitStateAborted",
          "ParallelStateAborted",
        ])
          expect([...types]).to.include(type);
      }
    });
  }
});
