import { type Declaration, type DeclaredCall, undoOf } from "../asl/declaration";
import { integrationOf } from "../asl/integrations";
import { keepsBooks } from "./bookkeeping";
import { listIn } from "./items-path";
import { evaluate, resolve, type Surroundings } from "./search/evaluate";
import { type Ast, changingFunctionIn, expressionIn, pathOf, readsOf, sourceOf } from "./expression";
import { type Field, fieldsOf, innerOf, type RawState, type RawStates } from "../asl/states";
import { failureIn } from "./can-fail";
import { conditionOf, givenIn, outputOf, outputOfCatch, testIn } from "./dataflow/templates";
import { NOTHING, type Template } from "./template";
import type { VariableTypes } from "./facts";
import { assignedAt, typesRead } from "./variable-types";
import { refusedBy, wanted } from "./taken";
import { fieldOf, isSpelledOut, onlyItemOf, type Spelled } from "./spelled";
import { keyOf, lift, OneOf, Unknown, UNKNOWN, type Value } from "./search/value";

export type { Template } from "./template";

/** A transition out of a state. */
export interface Transition {
  /** Undefined at the end of the level. */
  readonly to: string | undefined;
  readonly assigns: readonly (readonly [variable: string, value: Template])[];
  readonly output: Template | undefined;
}

export interface CatchRule {
  readonly errors: readonly string[];
  readonly transition: Transition;
}

/** The role of a Task in the saga. Undefined if the Task is not declared. */
export type Part = { readonly kind: "action"; readonly call: DeclaredCall } | UndoPart;

/** A Task that undoes calls, or releases what they hold on the way to success, or both. */
export interface UndoPart {
  readonly kind: "undo";
  /** The actions that it undoes together. */
  readonly of: readonly string[];
  /** The actions that it releases on the way to success. */
  readonly releases: readonly string[];
  /** It undoes all calls of these actions in a list or in branches at once. */
  readonly bulk: boolean;
}

/** The identity with which a Task calls, as its payload has it: the name of a step and the id of an execution. */
export interface Identity extends Template {
  /** Its source text, for a message. */
  readonly said: string;
  /** The part that makes it unknown, if one part does. */
  readonly changing: ChangingPart | undefined;
}

/** A part of an identity that changes while the execution runs, or that another execution may share. */
export interface ChangingPart {
  readonly field: "saga.id" | "saga.step" | "Name";
  /** What the field reads of the Context object, or the function that it calls. */
  readonly part: string;
  /** Whether it is a function, which yields another value on each retry. */
  readonly calls: boolean;
}

export interface ChoiceRule {
  readonly condition: Template;
  readonly transition: Transition;
  /** Whether another Choice has the same test, which then has the same outcome. */
  readonly askedAgain: boolean;
}

/** The level of a state. */
interface Surrounding {
  readonly language: unknown;
  readonly level: RawStates;
  readonly top: boolean;
  /** For each state, what is known of the variables. */
  readonly types: ReadonlyMap<string, VariableTypes>;
}

interface Before {
  /** What is known of the variables of the levels around. */
  readonly before: VariableTypes;
}

/** A state as the search reads it. */
export interface Node {
  readonly name: string;
  readonly raw: RawState;
  readonly next: Transition;
  readonly choices: readonly ChoiceRule[];
  readonly catchers: readonly CatchRule[];
  readonly inner: readonly Level[];
  readonly items: Template | undefined;
  /** A Map in JSONPath mode over a list of the input. The index identifies an item. */
  readonly byPlace: boolean;
  /** The input that a Parallel or a Map gives its branches or iterations. Undefined for the default. */
  readonly given: Template | undefined;
  readonly part: Part | undefined;
  /** The state is in JSONata mode, so the verifier reads its expressions. */
  readonly jsonata: boolean;
  /** A Parallel or a Map of which an expression outside its catchers may raise an error. Any Task may fail anyway. */
  readonly raises: boolean;
  /** The Error of a Fail state. */
  readonly error: Template | undefined;
  /** The state calls a function whose payload certainly has no saga.step. */
  readonly nameless: boolean;
  /** The Cause of a Fail state that ends the execution. */
  readonly cause: Template | undefined;
  /** The identity with which a Task calls. Undefined if the verifier finds none. */
  readonly identity: Identity | undefined;
  /** A Pass whose work its neighbours could do (S13). */
  readonly keepsBooks: boolean;
}

/** The top of a machine, a branch of a Parallel, or the iteration of a Map. */
export interface Level {
  readonly id: number;
  /** The levels within it have the ids after its own, up to this one. */
  readonly lastId: number;
  readonly top: boolean;
  /** Whether the state around may read its output. */
  readonly hasReader: boolean;
  readonly startAt: string;
  readonly nodes: ReadonlyMap<string, Node>;
  /** The actions that states in it, or in levels within, undo. */
  readonly undoes: ReadonlySet<string>;
  /** Whether a call in it, or in levels within, may take effect. */
  readonly effectful: boolean;
}

/** Stands for the id of the execution. */
export const EXECUTION = "execution";
/** Separates a step's name from the id of another execution. It has thin spaces, which no name has. */
export const OF_ANOTHER = "\u2009of\u2009";

function template(raw: unknown): Template {
  if (sourceOf(raw) !== undefined) {
    const ast = expressionIn(raw);
    return ast ? ofAst(ast) : NOTHING;
  }
  if (Array.isArray(raw)) {
    const items = raw.map(template);
    return {
      yields: (around) => items.map((item) => item.yields(around)),
      paths: items.flatMap(({ paths }) => paths),
      isInput: false,
    };
  }
  if (typeof raw === "object" && raw !== null) {
    const fields = Object.entries(raw).map(([key, value]) => [key, template(value)] as const);
    return {
      yields: (around) => Object.fromEntries(fields.map(([key, field]) => [key, field.yields(around)])),
      paths: fields.flatMap(([, { paths }]) => paths),
      isInput: false,
    };
  }
  return { yields: () => raw as Value, paths: [], isInput: false };
}

function ofAst(ast: Ast): Template {
  let last: { readonly around: Surroundings; readonly value: Value } | undefined;
  const yields = (around: Surroundings): Value => {
    // In whose name a Task calls is asked several times where the search stands.
    if (last?.around !== around) last = { around, value: evaluate(ast, around) };
    return last.value;
  };
  return { yields, paths: [...readsOf(ast).paths], isInput: pathOf(ast) === "states.input" };
}

function mayRaise(state: RawState, { path, value }: Field, variables: VariableTypes): boolean {
  if (sourceOf(value) === undefined) return false;
  const ast = expressionIn(value);
  if (!ast) return true;
  const partial = failureIn(ast, { wants: wanted(path), variables: typesRead(ast, variables) });
  return (partial ?? refusedBy(state, path, ast)) !== undefined;
}

/** Reads a definition in JSONata mode; or one in JSONPath mode, without its payloads. */
export function readMachine(definition: RawStates, declaration: Declaration): Level {
  const names = Object.keys(declaration.calls);
  const asked = new Map<string, number>();
  for (const condition of conditionsIn(definition)) asked.set(condition, (asked.get(condition) ?? 0) + 1);
  let levels = 0;

  function level(
    raw: RawStates,
    { top, language, hasReader, before }: Omit<Surrounding, "level" | "types"> & Pick<Level, "hasReader"> & Before,
  ): Level {
    const id = levels++;
    // Only a state with branches or items asks for the types of variables.
    const isFlat = Object.values(raw.States).every((state) => innerOf(state).length === 0);
    const types = isFlat ? new Map<string, VariableTypes>() : assignedAt(raw, before, () => new Map());
    const nodes = new Map(
      Object.entries(raw.States).map(([name, state]) => [
        name,
        node(name, state, { language, level: raw, top, types }),
      ]),
    );
    const all = [...nodes.values()];
    return {
      id,
      lastId: levels - 1,
      top,
      hasReader,
      startAt: raw.StartAt,
      nodes,
      undoes: new Set(
        all.flatMap(({ part, inner }) => [
          ...(part?.kind === "undo" ? part.of : []),
          ...inner.flatMap(({ undoes }) => [...undoes]),
        ]),
      ),
      effectful: all.some(
        ({ part, inner }) =>
          (part?.kind === "action" && part.call.role !== "query") || inner.some(({ effectful }) => effectful),
      ),
    };
  }

  function node(name: string, raw: RawState, around: Surrounding): Node {
    const language = raw["QueryLanguage"] ?? around.language;
    const jsonata = language === "JSONata";
    const value = (of: unknown): Template => (jsonata ? template(of) : NOTHING);
    const given = ({ Type, Arguments, ItemSelector }: RawState): Template | undefined => {
      if (!jsonata) return givenIn(raw);
      const given = Type === "Parallel" ? Arguments : Type === "Map" ? ItemSelector : undefined;
      return given === undefined ? undefined : value(given);
    };
    const passing = jsonata ? undefined : outputOf(raw);
    const transition = (
      from: Readonly<Record<string, unknown>>,
      to: unknown,
      output: Template | undefined = passing,
    ): Transition => ({
      to: to as string | undefined,
      assigns: jsonata ? Object.entries(from["Assign"] ?? {}).map(([key, of]) => [key, template(of)]) : [],
      output: jsonata && from["Output"] !== undefined ? template(from["Output"]) : output,
    });
    const variables: VariableTypes = around.types.get(name) ?? new Map();
    const list = raw.Type === "Map" && !jsonata ? listIn(raw, around.level, around.top) : undefined;
    return {
      name,
      raw,
      byPlace: list !== undefined,
      next: transition(raw, raw.Type === "Choice" ? raw.Default : raw.Next),
      choices: (raw.Choices ?? []).map((rule) => ({
        condition: jsonata ? template(rule["Condition"]) : conditionOf(rule, raw),
        transition: transition(rule, rule["Next"]),
        askedAgain: (asked.get(testOf(rule, raw)) ?? 0) > 1,
      })),
      catchers: (raw.Catch ?? []).map((catcher) => ({
        errors: catcher["ErrorEquals"] as readonly string[],
        transition: transition(catcher, catcher["Next"], jsonata ? undefined : outputOfCatch(catcher)),
      })),
      inner: innerOf(raw).map((within) =>
        level(within, { top: false, language, hasReader: jsonata || raw["ResultPath"] !== null, before: variables }),
      ),
      items: raw.Type === "Map" ? itemsOf(raw, list, value) : undefined,
      given: given(raw),
      part: partOf(name),
      jsonata,
      raises:
        jsonata &&
        innerOf(raw).length > 0 &&
        fieldsOf(raw).some((field) => !field.path.startsWith("Catch") && mayRaise(raw, field, variables)),
      error: raw.Type === "Fail" ? value(raw["Error"]) : undefined,
      cause: raw.Type === "Fail" && around.top ? value(raw["Cause"]) : undefined,
      identity: raw.Type === "Task" && jsonata ? identityIn(raw) : undefined,
      nameless: raw.Type === "Task" && jsonata && isNameless(raw),
      keepsBooks: raw.Type === "Pass" && keepsBooks(name, around.level, jsonata),
    };
  }

  function partOf(name: string): Part | undefined {
    const call = Object.hasOwn(declaration.calls, name) ? declaration.calls[name] : undefined;
    if (call) return { kind: "action", call };
    const of = names.filter((action) => undoOf(declaration, action) === name);
    const releases = names.filter((action) => declaration.calls[action]?.release === name);
    if (of.length + releases.length === 0) return undefined;
    return { kind: "undo", of, releases, bulk: of.some((action) => declaration.calls[action]?.bulk === true) };
  }

  const { QueryLanguage: language } = definition as { QueryLanguage?: unknown };
  return level(definition, { top: true, language, hasReader: false, before: new Map() });
}

/**
 * The identity with which a Task calls: `saga.step` and `saga.id` of its payload, or of the message that it sends. For a Task
 * that starts an execution, it is the name of that execution; for the undo of such a Task, the name of the execution to undo.
 */
function identityIn({ Resource, Arguments: args }: RawState): Identity | undefined {
  const { Payload, Name, Input } = (args ?? {}) as { readonly [field in "Payload" | "Name" | "Input"]?: unknown };
  if (Name !== undefined) {
    const name = { raw: (Input as { readonly name?: unknown } | undefined)?.name ?? Name };
    return { ...templateOf(name), said: "Name", changing: changingIn("Name", name) };
  }
  const saga = fieldOf(messageIn(String(Resource), { raw: args }) ?? { raw: Payload }, "saga");
  const step = fieldOf(saga, "step");
  if (step === undefined) return undefined;
  const id = fieldOf(saga, "id");
  const [stepSaid, idSaid] = [templateOf(step), templateOf(id)];
  return {
    yields: (around) => nameOf(stepSaid.yields(around), idSaid.yields(around)),
    paths: [...stepSaid.paths, ...idSaid.paths],
    isInput: false,
    said: id === undefined ? "no saga.id" : "saga.step and saga.id",
    changing: changingIn("saga.id", id) ?? changingIn("saga.step", step),
  };
}

/** Parts of the Context object that change, or that two executions may share. */
const CHANGING = /^states\.context\.(State\.(RetryCount|EnteredTime)|Execution\.(RedriveCount|RedriveTime|StartTime))$/;

function changingIn(field: ChangingPart["field"], spelled: Spelled | undefined): ChangingPart | undefined {
  const path = templateOf(spelled).paths.find((one) => CHANGING.test(one));
  if (path !== undefined) return { field, part: `$${path}`, calls: false };
  const called = spelled && changingFunctionIn("ast" in spelled ? spelled.ast : expressionIn(spelled.raw));
  return called === undefined ? undefined : { field, part: `$${called}()`, calls: true };
}

/** What a Task sends to a queue, to a topic, or to a bus as its only event. An object, or its JSON as a text. */
function messageIn(resource: string, args: Spelled): Spelled | undefined {
  const field = messageFieldOf(resource);
  if (field === undefined) return undefined;
  return fieldOf(field === "Detail" ? onlyItemOf(fieldOf(args, "Entries")) : args, field);
}

/** The field with the message that a Task sends to a queue, to a topic, or to a bus. Undefined for any other Task. */
export function messageFieldOf(resource: string): "MessageBody" | "Message" | "Detail" | undefined {
  const integration = integrationOf(resource);
  if (!integration) return undefined;
  switch (`${integration.service}:${integration.action}`) {
    case "sqs:sendMessage":
      return "MessageBody";
    case "sns:publish":
      return "Message";
    case "events:putEvents":
    case "eventbridge:putEvents":
      return "Detail";
    default:
      return undefined;
  }
}

/** The name of a caller. Unknown if the step or the execution is unknown. */
function nameOf(step: Value, of: Value): Value {
  if (step instanceof OneOf) return lift(step, (one) => nameOf(one, of));
  if (of instanceof OneOf) return lift(of, (one) => nameOf(step, one));
  if (typeof step !== "string" || of === undefined || (of instanceof Unknown && of.path === undefined)) return UNKNOWN;
  return of === EXECUTION ? step : `${step}${OF_ANOTHER}${typeof of === "string" ? of : keyOf(of).slice(1)}`;
}

/** Whether the payload of a function certainly has no saga.step. */
function isNameless({ Resource, Arguments }: RawState): boolean {
  if (!/:(aws-sdk:)?lambda:invoke(\.\w+)?$/.test(String(Resource))) return false;
  const payload: Spelled = { raw: ((Arguments ?? {}) as { readonly Payload?: unknown }).Payload ?? {} };
  const saga = fieldOf(payload, "saga");
  return saga === undefined ? isSpelledOut(payload) : fieldOf(saga, "step") === undefined && isSpelledOut(saga);
}

function templateOf(spelled: Spelled | undefined): Template {
  if (spelled === undefined) return { ...NOTHING, yields: () => undefined };
  return "ast" in spelled ? ofAst(spelled.ast) : template(spelled.raw);
}

/** The list that a Map goes through: its Items, or a part of the input. */
function itemsOf(raw: RawState, list: string | undefined, value: (of: unknown) => Template): Template {
  if (list !== undefined) {
    const paths = [list.replace(/^input/, "states.context.Execution.Input")];
    return { ...NOTHING, yields: ({ lengths }) => resolve(new Unknown(list), lengths), paths };
  }
  return raw["Items"] === undefined ? NOTHING : value(raw["Items"]);
}

/** The test of a rule: equal texts for equal tests. */
const testOf = (rule: Readonly<Record<string, unknown>>, state: RawState): string =>
  typeof rule["Condition"] === "string" ? rule["Condition"] : testIn(rule, state);

/** The tests of all Choices of a definition. */
function conditionsIn({ States }: RawStates): readonly string[] {
  return Object.values(States).flatMap((state) => [
    ...(state.Choices ?? []).map((rule) => testOf(rule, state)),
    ...innerOf(state).flatMap(conditionsIn),
  ]);
}

/** Every level of a machine, outer ones first. */
export function levelsOf(level: Level): readonly Level[] {
  const known = levels.get(level) ?? [
    level,
    ...[...level.nodes.values()].flatMap(({ inner }) => inner.flatMap(levelsOf)),
  ];
  levels.set(level, known);
  return known;
}
const levels = new WeakMap<Level, readonly Level[]>();

/** Every transition out of a node. */
export function transitionsOf({ raw, next, choices, catchers }: Node): readonly Transition[] {
  const onward = raw.Type === "Succeed" || raw.Type === "Fail" ? [] : [next];
  return [...choices.map(({ transition }) => transition), ...onward, ...catchers.map(({ transition }) => transition)];
}
