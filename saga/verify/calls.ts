import { fieldsOf, type RawState } from "../asl/states";
import { answerOf, callOf, type Integration, integrationOf } from "../asl/integrations";
import { type Ast, expressionIn, readsOf, sourceOf } from "./expression";
import type { Flaw } from "./flaw";
import type { Node } from "./machine";
import { fieldOf, isSpelledOut, type Spelled, textOf } from "./spelled";

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The arguments of a Task, in either query language. */
const argumentsOf = (raw: RawState): Fields => {
  const given = raw["Arguments"] ?? raw["Parameters"];
  return isFields(given) ? given : {};
};

const isAction = (node: Node): boolean => node.part?.kind === "action" && node.part.call.role !== "query";

/** Whether a Task is an action or an undo, so that the saga depends on how its call ends. */
export const changesAnything = (node: Node): boolean => node.part?.kind === "undo" || isAction(node);

/** The rule that a call breaks if the saga does not learn how it ends. */
export const ruleOfOutcome = ({ part }: Node): "S2" | "S5" =>
  part?.kind === "undo" || (part?.kind === "action" && part.call.role === "retriable") ? "S5" : "S2";

/** Flaws of single calls: a call whose end is not told, an undo that calls like its action, a call without an identity. */
export function callFlaws(nodes: readonly Node[]): readonly Flaw[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  return nodes.flatMap((node): readonly Flaw[] => {
    const own = [...untold(node), ...neverAnswered(node)];
    if (node.part?.kind !== "undo") return [...own, ...namelessAmong(node, nodes)];
    const actions = [...new Set([...node.part.of, ...node.part.releases])].flatMap((name) => byName.get(name) ?? []);
    return [
      ...own,
      ...tolerated(node, nodes),
      ...actions.flatMap((action) => [...sameFunction(node, action), ...namelessOf(node, action)]),
    ];
  });
}

/** A call whose answer does not say whether it has succeeded. The saga takes it for one that is done. */
function untold(node: Node): readonly Flaw[] {
  const { name, raw } = node;
  if (!changesAnything(node)) return [];
  const integration = integrationOf(String(raw["Resource"]));
  if (!integration) return [];
  const answer = answerOf(integration);
  const call = callOf(integration);
  const flaw = (kind: string, message: string, hint: string): readonly Flaw[] => [
    { rule: ruleOfOutcome(node), kind, state: name, message: `${name} ${message}`, hint },
  ];
  if (answer.tells === "failure") {
    const message = `calls ${call}, which succeeds even if ${answer.if}: only ${answer.field} in its answer tells`;
    return flaw("hidden-failure", message, `Let ${name} ${answer.instead}`);
  }
  const unknown = "so the saga does not learn whether it succeeds";
  if (answer.tells === "accepted") {
    const hint =
      answer.instead === undefined
        ? `Let ${name} call a function that awaits it, or hand on a task token with .waitForTaskToken`
        : `Let ${name} call ${answer.instead}`;
    return flaw("not-awaited", `calls ${call} and does not await it, ${unknown}`, hint);
  }
  const type = invocationOf(node, integration);
  if (type === undefined || type === JSON.stringify(REQUEST)) return [];
  const hint = `Let ${name} call with the InvocationType ${REQUEST}, and await the answer`;
  return flaw("not-awaited", `invokes its function with the InvocationType ${type}, ${unknown}`, hint);
}

/** Whether a Task may invoke its function without awaiting it, since its arguments are not spelled out. */
export const mayNotAwait = ({ raw }: Node, { service, action, awaits }: Integration): boolean =>
  service === "lambda" && action === "invoke" && awaits === "answer" && !isSpelledOut({ raw: raw["Arguments"] ?? {} });

const REQUEST = "RequestResponse";

/** How a Task invokes its function, as it is written. Undefined if it does not say so, and for any other call. */
function invocationOf({ raw }: Node, { service, action, awaits }: Integration): string | undefined {
  if (service !== "lambda" || action !== "invoke" || awaits !== "answer") return undefined;
  const given: Spelled = { raw: raw["Arguments"] ?? raw["Parameters"] };
  const type = fieldOf(given, "InvocationType") ?? fieldOf(given, "InvocationType.$");
  if (type === undefined) return undefined;
  return JSON.stringify(textOf(type) ?? ("raw" in type ? type.raw : "{% … %}"));
}

/** A Task that waits for its token to come back, and gives the token to nobody. */
function neverAnswered(node: Node): readonly Flaw[] {
  const { name, raw, jsonata } = node;
  if (integrationOf(String(raw["Resource"]))?.awaits !== "token" || readsToken(raw, jsonata)) return [];
  const token = jsonata ? "{% $states.context.Task.Token %}" : "$$.Task.Token";
  const message = `${name} waits for its task token to come back, and hands it to nobody: it never succeeds`;
  const hint = `Hand ${token} on in the ${jsonata ? "Arguments" : "Parameters"} of ${name}`;
  return [{ rule: "S6", kind: "no-token", state: name, message, hint }];
}

/** Whether what a Task sends may hold its token. It may if it holds a part of the context that the token is in. */
function readsToken(raw: RawState, jsonata: boolean): boolean {
  const sent = fieldsOf(raw).filter(({ path }) => /^(Arguments|Parameters|InputPath)\b/.test(path));
  if (!jsonata) return sent.some(({ value }) => /\$\$(\.Task(\.Token)?)?(?![.\w])/.test(String(value)));
  return sent.some(({ value }) => {
    if (sourceOf(value) === undefined) return false;
    const ast = expressionIn(value);
    return !ast || [...readsOf(ast).paths].some((path) => "states.context.Task.Token.".startsWith(`${path}.`));
  });
}

/** A Map that tolerates the failure of an undo or an action in it. */
function tolerated(node: Node, nodes: readonly Node[]): readonly Flaw[] {
  const around = nodes.filter(
    ({ raw, inner }) =>
      raw.Type === "Map" &&
      Object.keys(raw).some((field) => field.startsWith("ToleratedFailure")) &&
      inner.some((level) => level.nodes.has(node.name)),
  );
  return around.map(({ name }) => ({
    rule: "S5" as const,
    kind: "tolerated",
    state: name,
    message: `${name} tolerates failures of ${node.name}: its effect stays, unnoticed`,
    hint: `Take the tolerated failures out of ${name}: the execution then stops there, and a redrive resumes it`,
  }));
}

/** The function that a Task invokes. */
export function functionOf(raw: RawState): string | undefined {
  const { FunctionName } = argumentsOf(raw);
  if (typeof FunctionName === "string") return FunctionName;
  const resource = String(raw["Resource"]);
  return /^arn:aws[\w-]*:lambda:/.test(resource) ? resource : undefined;
}

/** An undo that calls the function of its action, and whose payload does not say which of the two is meant. */
function sameFunction(undo: Node, action: Node): readonly Flaw[] {
  if (!callsSame(undo.raw, action.raw)) return [];
  return [
    {
      rule: "definition",
      kind: "same-function",
      state: undo.name,
      message: `${undo.name} calls the same function as ${action.name}, which it undoes, and their payloads do not say which of the two is meant`,
      hint: `Let ${undo.name} call the function that undoes ${action.name}, or say in the payload which is meant`,
    },
  ];
}

/** Whether two Tasks call one function with payloads that do not say which of two things is meant. */
export function callsSame(one: RawState, other: RawState): boolean {
  const called = functionOf(one);
  return called !== undefined && called === functionOf(other) && !isToldApart(one, other);
}

/** Whether a payload has a constant text that the other has not. A function may decide by it. */
function isToldApart(one: RawState, other: RawState): boolean {
  const [own, theirs] = [constantsOf(one), constantsOf(other)];
  return [...own].some((text) => !theirs.has(text)) || [...theirs].some((text) => !own.has(text));
}

/** Arguments of an invocation. In the long form, the payload is one of them. */
const OF_INVOKE: ReadonlySet<string> = new Set(["FunctionName", "InvocationType", "Payload", "Qualifier"]);

/** The constant fields of a payload, with their values. The identity of the caller is left out. */
function constantsOf(raw: RawState): ReadonlySet<string> {
  const args = argumentsOf(raw);
  const { Payload } = args;
  const rest = Object.fromEntries(Object.entries(args).filter(([field]) => !OF_INVOKE.has(field)));
  const found = new Set<string>();
  const walk = (value: unknown, path: string): void => {
    if (path === "/saga") return;
    const ast = expressionIn(value);
    if (ast) ofAst(ast, path);
    else if (sourceOf(value) !== undefined) return;
    else if (Array.isArray(value)) for (const item of value as readonly unknown[]) walk(item, path);
    else if (isFields(value)) {
      for (const [key, field] of Object.entries(value)) if (!key.endsWith(".$")) walk(field, `${path}/${key}`);
    } else found.add(`${path}=${JSON.stringify(value)}`);
  };
  const ofAst = (ast: Ast, path: string): void => {
    if (path === "/saga") return;
    if (ast.type === "string" || ast.type === "number" || ast.type === "value") {
      found.add(`${path}=${JSON.stringify(ast.value)}`);
    } else if (ast.type === "unary" && ast.value === "{") {
      for (const [key, field] of ast.lhs as readonly (readonly [Ast, Ast])[]) {
        ofAst(field, `${path}/${String(key.value)}`);
      }
    }
  };
  walk(Payload ?? {}, "");
  walk(rest, "");
  return found;
}

/** A call without an identity, in a saga whose other calls have one (S11). `namelessOf` reports an action whose undo has one. */
function namelessAmong(action: Node, nodes: readonly Node[]): readonly Flaw[] {
  const { name, nameless } = action;
  const undone = nodes.some(({ part, identity }) => part?.kind === "undo" && part.of.includes(name) && identity);
  const other = nodes.find(({ identity }) => identity);
  if (!nameless || !isAction(action) || undone || !other) return [];
  return [
    {
      rule: "S11",
      kind: "no-name",
      state: name,
      message: `${name} calls without an identity, but ${other.name} has one`,
      hint: `Give ${name} a saga.id and a saga.step, as ${other.name} has`,
    },
  ];
}

/** An undo without an identity whose action has one, or the other way round (S11). */
function namelessOf(undo: Node, action: Node): readonly Flaw[] {
  if ((undo.identity === undefined) === (action.identity === undefined)) return [];
  const [silent, other] = undo.identity === undefined ? [undo, action] : [action, undo];
  // Only a function takes an identity. For any other service S11 is not proved, and this is no violation.
  if (functionOf(silent.raw) === undefined) return [];
  return [
    {
      rule: "S11",
      kind: "no-name",
      state: silent.name,
      message: `${silent.name} calls without an identity, but ${other.name} has one`,
      hint: `Give ${silent.name} the saga.id and saga.step of ${other.name}`,
    },
  ];
}
