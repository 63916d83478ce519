import { all, any, type Answer, isUnknown, not, type Unknown, unknown } from "./answer";
import { holds } from "./condition";
import type { Context } from "./context";
import { matchesAction, matchesResource } from "./pattern";
import type { Scope, Statement } from "./policy";

export interface Request {
  /** The action: `dynamodb:UpdateItem`. */
  readonly action: string;
  /** An ARN; `*` for an action without resources. */
  readonly resource: string;
  readonly context: Context;
}

/** The decision on a request; or the element that would decide, if this machine does not understand it. */
export type Verdict = "Allowed" | "ImplicitlyDenied" | "ExplicitlyDenied" | Unknown;

/**
 * Evaluates a request against statements.
 * @param unread Policies that may also allow the request, but whose text is not here, such as AWS's managed policies.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(statements: readonly Statement[], request: Request, unread: readonly string[] = []): Verdict {
  const applies = (effect: Statement["effect"], others: readonly Answer[] = []): Answer =>
    any([...statements.filter((each) => each.effect === effect).map((each) => isAbout(each, request)), ...others]);
  const denied = applies("Deny");
  if (denied === true) return "ExplicitlyDenied";
  const allowed = applies("Allow", unread.map(unknown));
  if (allowed === false) return "ImplicitlyDenied";
  // A request is allowed only if no unknown element could deny it.
  if (isUnknown(denied)) return denied;
  return isUnknown(allowed) ? allowed : "Allowed";
}

function isAbout({ actions, resources, conditions }: Statement, { action, resource, context }: Request): Answer {
  return all([
    within(actions, (pattern) => matchesAction(pattern, action)),
    within(resources, (pattern) => matchesResource(pattern, resource, context)),
    ...conditions.map((condition) => holds(condition, context)),
  ]);
}

function within<T>({ patterns, except }: Scope<T>, matches: (pattern: T) => Answer): Answer {
  const found = any(patterns.map(matches));
  return except ? not(found) : found;
}
