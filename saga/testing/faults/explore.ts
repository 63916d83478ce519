import type { Declaration } from "../../asl/declaration";
import type { Json } from "../../interpreter";
import { outcomeOf } from "../../asl/outcome";
import { judge, Reference, UNDONE, type Undone } from "./judge";
import { type Kind, KINDS } from "./kinds";
import { sampleOf } from "./sample";
import type { Stage } from "./stage";
import {
  type Answers,
  type EarlierCall,
  EarlierCallError,
  type Fault,
  isUndo,
  type Scenario,
  type Setting,
  statesOf,
  type Tried,
  tryOut,
} from "./trial";

/** The result of one scenario. */
export interface Finding {
  readonly scenario: Scenario;
  readonly redrives: number;
  readonly violations: readonly string[];
  /** The called states whose effects can't be seen here. */
  readonly unseen: readonly string[];
}

export interface ExploreOptions {
  readonly input: Json;
  /** The input of another saga, whose rows are in the tables in every scenario. */
  readonly beside?: Json;
  /** Whether scenarios with two faults are tried as well. */
  readonly pairs: boolean;
  /** The kinds of faults. Default: all. */
  readonly kinds?: readonly Kind[];
  /** The maximum number of scenarios. Those with one fault come first. If there are more, a sample of them is tried. */
  readonly most?: number;
  readonly answers?: Answers;
  readonly undone?: Undone;
  /** The saga's declaration of its calls: which undoes which, and which change nothing. */
  readonly declaration?: Declaration;
  readonly onPlan?: (plan: Plan) => void;
  readonly onProgress?: (progress: Progress) => void;
}

/** What will be tried. It is reported first. */
export interface Plan {
  readonly settings: readonly string[];
  /** How many scenarios there are at most. Only a scenario itself shows which calls follow its fault. */
  readonly scenarios: number;
  /** How many of them have at most one fault. This number is exact. */
  readonly alone: number;
  /** How many are tried at most. */
  readonly most: number;
  readonly unseen: readonly string[];
  /** Calls of child sagas and services, which fail as a whole; and settings that can't be set up. */
  readonly notes: readonly string[];
}

export interface Progress {
  readonly done: number;
  /** How many scenarios will be tried. */
  readonly total: number;
  /** Otherwise the total is a maximum: the scenarios with one fault have not yet shown how many pairs there are. */
  readonly exact: boolean;
}

export interface Explored {
  readonly plan: Plan;
  /** In the order of the plan. */
  readonly findings: readonly Finding[];
  /** Scenarios that were left out because there were too many. */
  readonly left: number;
  /** Whether more were left out than that: pairs whose first fault was never tried alone, so nobody knows their number. */
  readonly leftMore: boolean;
}

/** A saga that can't be tried, because of the saga itself or of the options. */
export class FaultsError extends Error {
  override readonly name = "FaultsError";
}

export const DEFAULT_MOST = 5_000;

/**
 * Tries every fault at every call of a saga, and every pair whose second fault strikes a call after the first one.
 * @param stages Copies of the same program. Each runs one scenario at a time.
 * @throws FaultsError
 */
export async function explore(stages: readonly Stage[], options: ExploreOptions): Promise<Explored> {
  const { pairs, most = DEFAULT_MOST, answers, undone = UNDONE, declaration, kinds = KINDS } = options;
  const given = { ...(answers && { answers }), ...(declaration && { declaration }) };
  let executions = 0;
  const run = (stage: Stage, scenario: Scenario, watch = false): Promise<Tried> =>
    tryOut(stage, scenario, {
      name: `faults-${String(++executions).padStart(7, "0")}`,
      watch,
      ...given,
    });

  const { trials, leftOut } = await prepare(stages[0] as Stage, options, run);
  const probes = trials.flatMap(({ probes: some }) => some);
  const undoable = new Set(probes.flatMap(({ tries }) => tries.filter(isUndo).map(({ step }) => stateOf(step))));
  for (const [state, { undo }] of Object.entries(declaration?.calls ?? {})) if (undo !== undefined) undoable.add(state);
  const judged = judgedIn(probes, declaration);
  const unseen = unseenIn(probes, judged);
  const plan = planOf(trials, { pairs, most, unseen, probes, kinds, leftOut });
  options.onPlan?.(plan);

  let done = 0;
  let total = Math.min(plan.scenarios, most);
  let exact = !pairs || plan.alone >= most;
  const found = (trial: SettingOnTrial, tried: Tried): Finding => {
    const violations = judge(tried, { reference: trial.reference, undoable, undone });
    const { scenario, redrives } = tried;
    done++;
    return { scenario, redrives, violations, unseen: unseenIn([tried], judged) };
  };
  const tryAll = (ways: readonly Way[], then: (way: Way, tried: Tried) => readonly Way[] = () => []) =>
    inTurns(stages, ways, async (stage, way) => {
      const tried = await run(stage, { setting: way.trial.setting, faults: way.faults });
      const finding = found(way.trial, tried);
      options.onProgress?.({ done, total, exact });
      return { finding, next: then(way, tried) };
    });
  const clean = trials.map((trial) => found(trial, trial.clean));
  const room = (): number => Math.max(0, most - done);

  const singles = trials.flatMap((trial) =>
    faultsAt(statesOf(trial.clean), { kinds, tried: [trial.clean] }).map((each) => ({ trial, faults: [each] })),
  );
  const alone = sampleOf(singles, room());
  const ones = await tryAll(alone, ({ trial, faults }, tried) => {
    const [first] = faults as readonly [Fault];
    if (!pairs || (trial.partsAt !== undefined && !statesOf(tried).includes(trial.partsAt))) return [];
    return faultsAt(callsAfter(first, tried), { kinds, tried: [tried] }).map((second) => ({
      trial,
      faults: [first, second],
    }));
  });
  const seconds = ones.flatMap(({ next }) => next);
  const both = sampleOf(seconds, room());
  total = done + both.length;
  exact = true;
  const twos = await tryAll(both);
  return {
    plan,
    findings: [...clean, ...[...ones, ...twos].map(({ finding }) => finding)],
    left: singles.length - alone.length + seconds.length - both.length,
    leftMore: pairs && alone.length < singles.length,
  };
}

interface Way {
  readonly trial: SettingOnTrial;
  readonly faults: readonly Fault[];
}

/** A setting, and its executions without a fault. */
interface SettingOnTrial {
  readonly setting: Setting;
  readonly clean: Tried;
  readonly reference: Reference;
  readonly probes: readonly Tried[];
  /** The last state before it differs from the setting before it: an earlier fault has the same results as there. */
  readonly partsAt?: string;
}

type Run = (stage: Stage, scenario: Scenario, watch?: boolean) => Promise<Tried>;

/** Times are written in seconds or in smaller units, so they differ after more than a second. */
const A_SECOND = 1_100;

/** Runs the saga without a fault: on tables of its own, and on tables with the rows of an earlier saga. */
async function prepare(stage: Stage, options: ExploreOptions, run: Run): Promise<Prepared> {
  const { input } = options;
  const beside =
    options.beside === undefined
      ? []
      : earlierCalls(actionsOf(await run(stage, bare("beside it", options.beside, []))), BYSTANDER);
  const first = bare("a first try", input, beside).setting;
  const alone = await onTrial(stage, first, run).catch((error: unknown) => {
    if (!(error instanceof EarlierCallError)) throw error;
    throw new FaultsError(`the other saga, whose input is --beside, can't be set up: ${error.message}`);
  });
  const second = await anotherTry(stage, { setting: first, clean: alone.clean, run });
  if (!second) return { trials: [alone], leftOut: [] };
  const fresh = { ...alone, probes: [...alone.probes, second.probe] };
  const leftOut: string[] = [];
  for (const { setting, holds } of second.settings) {
    const again = await onTrial(stage, setting, run).catch((error: unknown) => {
      // A call of the earlier saga fails when it is repeated here. That may be a mistake in the saga itself.
      if (error instanceof EarlierCallError) {
        leftOut.push(
          `the setting '${setting.name}' is left out: ${error.message}. Check whether an undo names another step's row`,
        );
      } else if (!(error instanceof FaultsError)) throw error;
      // Without a fault the saga gets stuck in this setting. There is no such setting.
      return undefined;
    });
    if (!again || !statesOf(again.clean).includes(holds)) continue;
    const partsAt = partingOf(alone.clean, again.clean);
    if (partsAt !== undefined) return { trials: [fresh, { ...again, partsAt }], leftOut };
  }
  return { trials: [fresh], leftOut };
}

interface Prepared {
  readonly trials: readonly SettingOnTrial[];
  /** The settings that can't be set up, and why. */
  readonly leftOut: readonly string[];
}

const bare = (name: string, input: Json, earlier: readonly EarlierCall[]): Scenario => ({
  setting: { name, input, earlier },
  faults: [],
});

async function onTrial(stage: Stage, setting: Setting, run: Run): Promise<SettingOnTrial> {
  const scenario = { setting, faults: [] };
  const probe = await run(stage, scenario, true);
  if (outcomeOf(probe.result) === "stuck") {
    const { status, error = "", cause = "" } = probe.result;
    throw new FaultsError(`even without a fault, the saga ends ${status} ${error}: ${cause.slice(0, 300)}`);
  }
  const runs = [probe];
  for (let more = 0; more < 2; more++) {
    await new Promise((resolve) => setTimeout(resolve, A_SECOND));
    runs.push(await run(stage, scenario));
  }
  return { setting, clean: probe, reference: new Reference(runs), probes: runs };
}

/**
 * Settings in which an earlier saga has tried the same. In the first, it has undone all its steps but the last one, so
 * this saga finds tombstones, and then a row that the earlier one holds. In the second, for a saga that does not get
 * past the tombstones, the earlier one has completed.
 */
async function anotherTry(
  stage: Stage,
  { setting, clean, run }: { readonly setting: Setting; readonly clean: Tried; readonly run: Run },
): Promise<{ readonly settings: readonly HeldSetting[]; readonly probe: Tried } | undefined> {
  if (outcomeOf(clean.result) !== "completed") return undefined;
  const kind = LASTS;
  for (const state of statesOf(clean).toReversed()) {
    const probe = await run(stage, { setting, faults: [{ state, kind }] }, true);
    const undos = probe.tries.filter((each) => isUndo(each) && each.took);
    if (outcomeOf(probe.result) !== "compensated" || undos.length === 0) continue;
    const last = actionsOf(clean).find((each) => each.state === state);
    const before = undos.filter(({ step }) => step !== last?.step);
    if (!last || before.some(({ functionArn }) => functionArn === undefined)) return undefined;
    const actions = actionsOf(clean);
    const settingOf = (name: string, tries: Tried["tries"], holds: string): HeldSetting => ({
      setting: { ...setting, name, earlier: [...setting.earlier, ...earlierCalls(tries, EARLIER)] },
      holds,
    });
    return {
      settings: [
        settingOf(
          `a second try; another saga holds the row of ${last.step ?? state}`,
          [...before.toReversed(), last],
          state,
        ),
        settingOf("a second try; another saga has completed the same", actions, actions[0]?.state ?? state),
      ],
      probe,
    };
  }
  return undefined;
}

/** A setting, and the state at which the saga finds a row that another one holds. */
interface HeldSetting {
  readonly setting: Setting;
  readonly holds: string;
}

/** Fails each try before it does anything, as a refusal does. */
const LASTS: Kind = { ...(KINDS[0] as Kind), lasting: true };
const BYSTANDER = "a-saga-beside-it";
const EARLIER = "an-earlier-saga";

const actionsOf = ({ tries }: Tried) =>
  tries.filter((each, at) => !isUndo(each) && each.took && tries.findIndex(({ step }) => step === each.step) === at);

/** The same calls, with another saga's identity. */
const earlierCalls = (tries: Tried["tries"], id: string): readonly EarlierCall[] =>
  tries.flatMap(({ functionArn, payload, step, state }) =>
    functionArn === undefined || payload === undefined || step === undefined
      ? []
      : [{ functionArn, payload: { ...payload, saga: { id, step } }, what: state }],
  );

/** The last call before two executions differ; undefined if they don't. */
function partingOf(one: Tried, other: Tried): string | undefined {
  const [ones, others] = [statesOf(one), statesOf(other)];
  const at = others.findIndex((state, index) => state !== ones[index]);
  return at === -1 && ones.length === others.length ? undefined : others[(at === -1 ? others.length : at) - 1];
}

const stateOf = (step: string | undefined): string => (step ?? "").replace(/\[.*/, "");

/** The states of actions that took effect, but whose effects no watched execution has shown. */
function unseenIn(tried: readonly Tried[], judged: ReadonlySet<string>): readonly string[] {
  const took = tried.flatMap(({ tries }) =>
    tries.filter((each) => each.took && !isUndo(each)).map(({ state }) => state),
  );
  return [...new Set(took)].filter((state) => !judged.has(state));
}

/** The states whose effects were seen, and the states without effects. */
function judgedIn(probes: readonly Tried[], declaration: Declaration | undefined): ReadonlySet<string> {
  const queries = Object.entries(declaration?.calls ?? {}).filter(([, { role }]) => role === "query");
  return new Set([...probes.flatMap((probe) => [...probe.seen]), ...queries.map(([state]) => state)]);
}

interface PlanOptions {
  readonly pairs: boolean;
  readonly most: number;
  readonly unseen: readonly string[];
  readonly probes: readonly Tried[];
  readonly kinds: readonly Kind[];
  readonly leftOut: readonly string[];
}

function planOf(trials: readonly SettingOnTrial[], { pairs, most, unseen, probes, kinds, leftOut }: PlanOptions): Plan {
  const count = (states: readonly string[]) => faultsAt(states, { kinds, tried: probes }).length;
  const sum = (numbers: readonly number[]) => numbers.reduce((one, other) => one + other, 0);
  const alone = sum(trials.map(({ clean }) => 1 + count(statesOf(clean))));
  const both = trials.flatMap(({ clean }) => {
    const states = [...new Set([clean, ...probes].flatMap(statesOf))];
    return statesOf(clean).map((state) => count([state]) * count(states.slice(states.indexOf(state))));
  });
  const functions = functionsIn(probes);
  const others = new Set(trials.flatMap(({ clean }) => statesOf(clean)).filter((state) => !functions.has(state)));
  return {
    settings: trials.map(({ setting }) => setting.name),
    scenarios: alone + (pairs ? sum(both) : 0),
    alone,
    most,
    unseen,
    notes: [
      ...[...others].map((state) => `${state} calls no function, so its faults come from outside: it fails as a whole`),
      ...leftOut,
    ],
  };
}

/** The states that call functions. Faults within a function are for these only. */
const functionsIn = (tried: readonly Tried[]): ReadonlySet<string> =>
  new Set(tried.flatMap(({ tries }) => tries.flatMap((each) => (each.functionArn === undefined ? [] : [each.state]))));

function faultsAt(
  states: readonly string[],
  { kinds, tried }: { readonly kinds: readonly Kind[]; readonly tried: readonly Tried[] },
): readonly Fault[] {
  const functions = functionsIn(tried);
  return states.flatMap((state) =>
    kinds.flatMap((kind) => (kind.inFunction !== true || functions.has(state) ? [{ state, kind }] : [])),
  );
}

/**
 * The states that a second fault can strike: a later call, or another try of the same one, unless the first fault
 * lasts.
 */
function callsAfter({ state, kind }: Fault, tried: Tried): readonly string[] {
  const states = statesOf(tried);
  const tries = tried.tries.filter((each) => each.state === state).length;
  const again = tries > 1 && (kind.lasting !== true || tried.redrives > 0);
  return states.slice(states.indexOf(state) + (again ? 0 : 1));
}

/**
 * Each stage takes the next item as soon as it is free.
 * @returns the results in the order of the items
 */
async function inTurns<T, R>(
  stages: readonly Stage[],
  items: readonly T[],
  work: (stage: Stage, item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const queue = items.entries();
  await Promise.all(
    stages.map(async (stage) => {
      for (const [at, item] of queue) results[at] = await work(stage, item);
    }),
  );
  return results;
}
