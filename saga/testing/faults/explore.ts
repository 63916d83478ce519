import type { Declaration } from "../../asl/declaration";
import type { Json } from "../../interpreter";
import { outcomeOf } from "../../local/report";
import { judge, Reference, UNDONE, type Undone } from "./judge";
import { type Kind, KINDS } from "./kinds";
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

/** What became of one scenario. */
export interface Finding {
  readonly scenario: Scenario;
  readonly redrives: number;
  readonly violations: readonly string[];
  /** The states whose calls took part, and whose effects can't be seen here. */
  readonly unseen: readonly string[];
}

export interface ExploreOptions {
  readonly input: Json;
  /** The input of another saga, whose rows stand there all the time. */
  readonly beside?: Json;
  /** Whether two faults strike together, too. */
  readonly pairs: boolean;
  /** The ways in which calls go wrong: all, where nothing is said. */
  readonly kinds?: readonly Kind[];
  /** How many scenarios there are at most: those with one fault come first. */
  readonly most?: number;
  readonly answers?: Answers;
  readonly undone?: Undone;
  /** What the saga says of its calls: which undo which, and which change nothing. */
  readonly declaration?: Declaration;
  readonly onPlan?: (plan: Plan) => void;
  readonly onProgress?: (done: number) => void;
}

/** What will be tried: told before it is. */
export interface Plan {
  readonly settings: readonly string[];
  /** How many scenarios that takes, at most: which calls there are to strike after a fault, only that scenario shows. */
  readonly scenarios: number;
  readonly unseen: readonly string[];
  /** Calls of child sagas, which are struck as one; and settings that can't be set up. */
  readonly notes: readonly string[];
}

export interface Explored {
  readonly plan: Plan;
  readonly findings: readonly Finding[];
  /** Scenarios that were left out because there were too many. */
  readonly left: number;
}

/** A saga that can't be tried: what is wrong with it, or with what is asked. */
export class FaultsError extends Error {
  override readonly name = "FaultsError";
}

export const DEFAULT_MOST = 5_000;

/**
 * Tries every fault at every call of a saga, and every pair of which the second strikes at a call that the execution makes
 * after the first.
 * @param stages The same program, several times: as many scenarios run at once.
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

  const findings: Finding[] = [];
  const record = (trial: SettingOnTrial, tried: Tried): void => {
    const violations = judge(tried, { reference: trial.reference, undoable, undone });
    const { scenario, redrives } = tried;
    findings.push({
      scenario,
      redrives,
      violations,
      unseen: unseenIn([tried], judged),
    });
    options.onProgress?.(findings.length);
  };
  for (const trial of trials) record(trial, trial.clean);

  const ways = (trial: SettingOnTrial, faults: readonly Fault[]): Way => ({ trial, faults });
  const singles = trials.flatMap((trial) =>
    faultsAt(statesOf(trial.clean), { kinds, tried: [trial.clean] }).map((each) => ways(trial, [each])),
  );
  const seconds: Way[] = [];
  const alone = singles.slice(0, Math.max(0, most - findings.length));
  await inTurns(stages, alone, async (stage, { trial, faults }) => {
    const [first] = faults as readonly [Fault];
    const tried = await run(stage, { setting: trial.setting, faults });
    record(trial, tried);
    if (!pairs || (trial.partsAt !== undefined && !statesOf(tried).includes(trial.partsAt))) return;
    seconds.push(
      ...faultsAt(callsAfter(first, tried), { kinds, tried: [tried] }).map((second) => ways(trial, [first, second])),
    );
  });
  const both = seconds.slice(0, Math.max(0, most - findings.length));
  await inTurns(stages, both, async (stage, { trial, faults }) => {
    record(trial, await run(stage, { setting: trial.setting, faults }));
  });
  return { plan, findings, left: singles.length - alone.length + seconds.length - both.length };
}

interface Way {
  readonly trial: SettingOnTrial;
  readonly faults: readonly Fault[];
}

/** A setting, and what executions in it do without a fault. */
interface SettingOnTrial {
  readonly setting: Setting;
  readonly clean: Tried;
  readonly reference: Reference;
  readonly probes: readonly Tried[];
  /** The state at which it parts from the setting before it: what fails before that, is the same as there. */
  readonly partsAt?: string;
}

type Run = (stage: Stage, scenario: Scenario, watch?: boolean) => Promise<Tried>;

/** Times are written in seconds, at the coarsest, so a second later they are other ones. */
const A_SECOND = 1_100;

/** Finds out what the saga does without a fault: with its tables to itself, and where another saga was there before. */
async function prepare(stage: Stage, options: ExploreOptions, run: Run): Promise<Prepared> {
  const { input } = options;
  const beside =
    options.beside === undefined
      ? []
      : earlierCalls(actionsOf(await run(stage, bare("beside it", options.beside, []))), BYSTANDER);
  const first = bare("nothing there before", input, beside).setting;
  const alone = await onTrial(stage, first, run).catch((error: unknown) => {
    if (!(error instanceof EarlierCallError)) throw error;
    throw new FaultsError(`the saga beside it can't be set up: ${error.message}`);
  });
  const second = await anotherTry(stage, { setting: first, clean: alone.clean, run });
  if (!second) return { trials: [alone], leftOut: [] };
  const fresh = { ...alone, probes: [...alone.probes, second.probe] };
  const leftOut: string[] = [];
  for (const { setting, holds } of second.settings) {
    const again = await onTrial(stage, setting, run).catch((error: unknown) => {
      // What another saga did can't be done again here: that may be a mistake of the saga's own.
      if (error instanceof EarlierCallError) {
        leftOut.push(
          `left out: ${setting.name}, since ${error.message}. Look whether an undo names another step's row`,
        );
      } else if (!(error instanceof FaultsError)) throw error;
      // Or it leaves this one nowhere to go. There is no such setting.
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
  /** Settings that can't be set up, and why. */
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
    throw new FaultsError(`without a fault, the saga ends ${status} ${error}: ${cause.slice(0, 300)}`);
  }
  const runs = [probe];
  for (let more = 0; more < 2; more++) {
    await new Promise((resolve) => setTimeout(resolve, A_SECOND));
    runs.push(await run(stage, scenario));
  }
  return { setting, clean: probe, reference: new Reference(runs), probes: runs };
}

/**
 * Settings in which another saga tried the same before. It has undone all but its last step, which stands: so the saga
 * finds tombstones, and then what another one holds. Where it gets no further than the tombstones, the other one has
 * completed.
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
          `a second try, whose ${last.step ?? state} another saga holds`,
          [...before.toReversed(), last],
          state,
        ),
        settingOf("a second try of what another saga has done", actions, actions[0]?.state ?? state),
      ],
      probe,
    };
  }
  return undefined;
}

/** A setting, and the state at which the saga finds what another one holds. */
interface HeldSetting {
  readonly setting: Setting;
  readonly holds: string;
}

/** Refuses each try, as somebody who says no. */
const LASTS: Kind = { ...(KINDS[0] as Kind), lasting: true };
const BYSTANDER = "a-saga-beside-it";
const EARLIER = "an-earlier-saga";

const actionsOf = ({ tries }: Tried) =>
  tries.filter((each, at) => !isUndo(each) && each.took && tries.findIndex(({ step }) => step === each.step) === at);

/** The same calls, in another saga's name. */
const earlierCalls = (tries: Tried["tries"], id: string): readonly EarlierCall[] =>
  tries.flatMap(({ functionArn, payload, step, state }) =>
    functionArn === undefined || payload === undefined || step === undefined
      ? []
      : [{ functionArn, payload: { ...payload, saga: { id, step } }, what: state }],
  );

/** The last call that two executions have in common before they part; none where they don't. */
function partingOf(one: Tried, other: Tried): string | undefined {
  const [ones, others] = [statesOf(one), statesOf(other)];
  const at = others.findIndex((state, index) => state !== ones[index]);
  return at === -1 && ones.length === others.length ? undefined : others[(at === -1 ? others.length : at) - 1];
}

const stateOf = (step: string | undefined): string => (step ?? "").replace(/\[.*/, "");

/** The actions that have done something of which nothing was seen: in no execution, while each call was watched. */
function unseenIn(tried: readonly Tried[], judged: ReadonlySet<string>): readonly string[] {
  const took = tried.flatMap(({ tries }) =>
    tries.filter((each) => each.took && !isUndo(each)).map(({ state }) => state),
  );
  return [...new Set(took)].filter((state) => !judged.has(state));
}

/** The states whose effects were seen, and those that have none. */
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
  const scenarios = trials.reduce((sum, { clean }) => {
    const calls = statesOf(clean);
    const states = [...new Set([clean, ...probes].flatMap(statesOf))];
    const both = calls.map((state) => count([state]) * count(states.slice(states.indexOf(state))));
    return sum + 1 + count(calls) + (pairs ? both.reduce((one, other) => one + other, 0) : 0);
  }, 0);
  const functions = functionsIn(probes);
  const others = new Set(trials.flatMap(({ clean }) => statesOf(clean)).filter((state) => !functions.has(state)));
  return {
    settings: trials.map(({ setting }) => setting.name),
    scenarios: Math.min(scenarios, most),
    unseen,
    notes: [
      ...[...others].map((state) => `${state} calls no function: it is struck from outside, as one call`),
      ...leftOut,
    ],
  };
}

/** The states that call functions: the others can't fail within one. */
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

/** Where a second fault can strike: at a further try of the same call, unless the first takes them all, or later. */
function callsAfter({ state, kind }: Fault, tried: Tried): readonly string[] {
  const states = statesOf(tried);
  const tries = tried.tries.filter((each) => each.state === state).length;
  const again = tries > 1 && (kind.lasting !== true || tried.redrives > 0);
  return states.slice(states.indexOf(state) + (again ? 0 : 1));
}

/** Each stage takes the next as soon as it is done with one. */
async function inTurns<T>(
  stages: readonly Stage[],
  items: readonly T[],
  work: (stage: Stage, item: T) => Promise<void>,
) {
  const queue = items.values();
  await Promise.all(
    stages.map(async (stage) => {
      for (const item of queue) await work(stage, item);
    }),
  );
}
