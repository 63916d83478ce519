import type { Json } from "../interpreter";
import type { Program, Resource } from "./program";

/**
 * A request for a resource that the program does not have, or has more than once. The message is one sentence, and
 * lists the existing ones.
 */
export class NoSuchResource extends Error {
  override readonly name = "NoSuchResource";
}

export const ofType = ({ resources }: Pick<Program, "resources">, type: string): readonly Resource[] =>
  resources.filter((resource) => resource.type === type);

/**
 * What executions need beside their machines, functions and tables: the roles with their policies, and what recovers
 * the stopped ones (S12). A journal can keep these resources, because they have no code.
 */
export const neededByExecutions = ({ resources }: Pick<Program, "resources">): readonly Resource[] =>
  resources.filter(({ type }) => type.startsWith("aws:iam/") || RECOVERY.has(type));

export const EVENT_RULE = "aws:cloudwatch/eventRule:EventRule";
export const EVENT_TARGET = "aws:cloudwatch/eventTarget:EventTarget";
export const INVOKE_CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig";
export const FUNCTION = "aws:lambda/function:Function";
export const TABLE = "aws:dynamodb/table:Table";
export const QUEUE = "aws:sqs/queue:Queue";
export const ALIAS = "aws:sfn/alias:Alias";
const RECOVERY: ReadonlySet<string> = new Set([EVENT_RULE, EVENT_TARGET, INVOKE_CONFIG, QUEUE]);
const STATE_MACHINE = "aws:sfn/stateMachine:StateMachine";

/** Every state machine that the program registers: sagas, their children, their undos, and any others. */
export const machinesOf = (program: Pick<Program, "resources">): readonly Resource[] => ofType(program, STATE_MACHINE);

/** The definition of a state machine, as JSON. */
export function definitionOf(stateMachine: Resource): Json {
  return JSON.parse(stateMachine.inputs["definition"] as string) as Json;
}

/** The ARNs of a resource: its own, and its version's. */
export const arnsOf = ({ arn, versionArn }: Resource): readonly string[] =>
  [arn, versionArn].filter((each) => each !== undefined);

/** The name of a function's task, from its tag. Without the tag, the name of the function. */
export const taskOf = ({ name, inputs }: Resource): string =>
  (inputs["tags"] as { readonly task?: string } | undefined)?.task ?? name;

/**
 * The saga that a state machine runs, from its Comment: `Saga NAME`, or JSON with the name. Undefined for the machine
 * of an undo.
 */
export function sagaOf(stateMachine: Resource): string | undefined {
  const { Comment } = definitionOf(stateMachine) as { readonly Comment?: string };
  if (Comment?.startsWith("{")) return (JSON.parse(Comment) as { readonly saga?: string }).saga;
  return /^Saga (.+)$/.exec(Comment ?? "")?.[1];
}

/**
 * The state machines that a user starts: each saga's, which has the name of its component, and those that the program
 * registers itself. Other machines start those of child sagas and of undos.
 */
export function startableMachines(program: Pick<Program, "resources">): readonly Resource[] {
  const components = program.resources.filter(({ type }) => type.endsWith(":SagaStateMachine")).map(({ name }) => name);
  return machinesOf(program).filter(
    ({ name }) => components.includes(name) || !components.some((each) => new RegExp(`^${each}[-_]`).test(name)),
  );
}

/**
 * The state machine that a user starts, by the name of its component, of its saga, or of itself.
 * @param name Required if the program has several.
 * @throws NoSuchResource
 */
export function mainMachine(program: Pick<Program, "resources">, name?: string): Resource {
  const startable = startableMachines(program);
  const names = startable.map((each) => each.name).sort();
  if (names.length === 0) throw new NoSuchResource("the program registers no state machine");
  if (name === undefined) {
    const [only, ...more] = startable as [Resource, ...Resource[]];
    if (more.length > 0) throw new NoSuchResource(`the program has several sagas: name one of ${names.join(", ")}`);
    return only;
  }
  const named = machinesOf(program).filter((each) => each.name === name);
  const found = named.length > 0 ? named : startable.filter((each) => sagaOf(each) === name);
  if (found.length === 1) return found[0] as Resource;
  if (found.length > 1) {
    throw new NoSuchResource(`several machines run the saga '${name}': name one of ${names.join(", ")}`);
  }
  throw new NoSuchResource(`no saga '${name}'; there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}`);
}
