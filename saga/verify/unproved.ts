import { answerOf, callOf, integrationOf } from "../asl/integrations";
import { isActivity, isFunction, isUnknownResource } from "../asl/transient";
import { changesAnything, functionOf, mayNotAwait, ruleOfOutcome } from "./calls";
import { fieldFindings } from "./fields";
import { givesUp } from "./fallback";
import { type Level, levelsOf, messageFieldOf, type Node } from "./machine";
import type { Rule } from "./rules";
import { unretriedIn } from "./static";
import type { RawStates } from "../asl/states";

/** A rule that is neither proved nor broken, and why. */
export interface Unproved {
  readonly rule: Rule;
  readonly why: string;
  /** What to change so that the rule is proved, or broken. Undefined if nothing is known to help. */
  readonly hint?: string;
}

/** The rules that a definition leaves open. */
export function unprovedOf(definition: RawStates, machine: Level): readonly Unproved[] {
  const nodes = levelsOf(machine).flatMap((level) => [...level.nodes.values()]);
  const because = (rule: Rule, found: readonly string[], why: string, hint: string): readonly Unproved[] =>
    found.length === 0 ? [] : [{ rule, why: `${why}: ${found.join(", ")}`, hint }];
  const nameless = nodes.filter(isNameless);
  const jsonata = (definition as { readonly QueryLanguage?: unknown }).QueryLanguage === "JSONata";
  return [
    ...because(
      "S4",
      names(nodes.filter(isUnknownCall)),
      "the resource of these is a placeholder",
      "Name the placeholder after what it calls, such as ${ChargeFunction}, or give the ARN",
    ),
    ...because(
      "S4",
      mayGiveUp(machine),
      "these queries may not be retried on a transient fault",
      "Let these retry the transient errors of their services, by their names",
    ),
    ...fieldFindings(definition).flatMap(({ state, field, unproved = [] }) =>
      unproved.map((rule) => ({
        rule,
        why: `${state ?? "the machine"} has ${field}, which the verifier does not understand`,
      })),
    ),
    ...(jsonata
      ? because("S11", names(nameless), "these call without an identity", nameless.map(namedBy).join("; "))
      : []),
    ...because(
      "S5",
      names(nodes.filter(isHandedOver)),
      "these send an undo as a message, and do not learn whether it succeeds",
      "Let these wait for an answer with .waitForTaskToken, or call a function that undoes",
    ),
    ...(["S2", "S5"] as const).flatMap((rule) =>
      because(
        rule,
        untoldIn(nodes, rule),
        "it is not known whether these are done when they are answered",
        "Let a function make these calls, and answer when they are done",
      ),
    ),
  ];
}

/** An action of an unknown service. Its transient errors are unknown too. */
const isUnknownCall = ({ raw, part }: Node): boolean =>
  part?.kind === "action" && part.call.role !== "query" && isUnknownResource(String(raw["Resource"]));

/** Queries without a retry for which a state outside their level decides whether the saga can do without them. */
const mayGiveUp = (machine: Level): readonly string[] =>
  levelsOf(machine).flatMap((level) =>
    [...level.nodes.values()].flatMap((node) => {
      if (node.part?.kind !== "action" || node.part.call.role !== "query") return [];
      const open = unretriedIn(node, level).some((error) => givesUp(node, level, error) === undefined);
      return open ? [node.name] : [];
    }),
  );

const names = (nodes: readonly Node[]): readonly string[] => nodes.map(({ name }) => name);

/** A call without an identity that the verifier can read. */
function isNameless({ raw, part, identity }: Node): boolean {
  return raw.Type === "Task" && part !== undefined && identity === undefined;
}

/** How a call gets an identity that the verifier can read. */
function namedBy({ name, raw }: Node): string {
  const resource = String(raw["Resource"]);
  if (integrationOf(resource)?.action === "startExecution") return `Give ${name} a Name that its tries share`;
  const field = functionOf(raw) === undefined ? messageFieldOf(resource) : "Payload";
  return field === undefined
    ? `Let a function make the call of ${name}, with a saga.id and a saga.step in its Payload`
    : `Give ${name} a saga.id and a saga.step in its ${field}`;
}

/** An undo that is only a message. A queue or a bus takes it, and another system acts on it. */
const isHandedOver = ({ raw, part }: Node): boolean => {
  const integration = integrationOf(String(raw["Resource"]));
  return part?.kind === "undo" && integration !== undefined && answerOf(integration).tells === "sent";
};

/** The calls of which nobody knows what an answer means, among those that a rule depends on. */
const untoldIn = (nodes: readonly Node[], rule: Rule): readonly string[] =>
  nodes.flatMap((node) => {
    const resource = String(node.raw["Resource"]);
    if (!changesAnything(node) || ruleOfOutcome(node) !== rule) return [];
    if (isFunction(resource) || isActivity(resource)) return [];
    const integration = integrationOf(resource);
    if (integration && answerOf(integration).tells !== "unknown" && !mayNotAwait(node, integration)) return [];
    return [`${node.name} (${integration ? callOf(integration) : resource})`];
  });
