import type {
  EnforcementLevel,
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
} from "@pulumi/policy";
import { type Declaration, DeclarationError } from "../asl/declaration";
import { DefinitionError, readDefinition } from "../asl/definition";
import { MACHINE_RESOURCES, PROVING_COMPONENTS } from "../asl/machine-resources";
import type { RawStates } from "../asl/states";
import { storyText } from "../deploy/violation-text";
import { SearchLimitError, storiesOf, undeclaredIn, verify } from "../verify";
import { declarationFrom, declarationIn } from "./declarations";
import { withReferences } from "./unknown";

/** The settings of the policy. */
export interface SagaPolicyOptions {
  /**
   * What undoes what, by the name of the machine's resource: a declaration, or the path of a file with one, relative to the
   * folder of the policy pack. Entries of the policy's config precede these.
   */
  readonly declarations?: Readonly<Record<string, Declaration | string>>;
  /** Machines that are no sagas, by the names of their resources. The policy's config may add more. */
  readonly exempt?: readonly string[];
  /** Default `mandatory`. */
  readonly enforcementLevel?: EnforcementLevel;
}

/** The tag of a machine with the place of its declaration, or with `none` for a machine that is no saga. */
const TAG = "saga:declaration";

/**
 * A policy that proves every state machine of a stack, as `saga verify` does. An unsound machine is one violation, with every
 * rule that it breaks and the shortest path to it. A machine without a declaration is a violation too, unless it is exempt.
 *
 * A preview does not know the ARNs of resources that do not exist yet. The policy proves a definition that is an object
 * without them. If they are part of a definition that is text, Pulumi does not know the text. It reports that it can't run the
 * policy, and runs it in the update, before the machine is created.
 *
 * @example
 * new PolicyPack("sagas", { policies: [soundStateMachines({ declarations: { Booking: "booking.saga.json" } })] });
 */
export function soundStateMachines(options: SagaPolicyOptions = {}): ResourceValidationPolicy {
  return {
    name: "sound-state-machines",
    description: "No failure of a state machine's tasks leaves a saga half done.",
    enforcementLevel: options.enforcementLevel ?? "mandatory",
    configSchema: {
      properties: {
        declarations: {
          type: "object",
          description:
            "What undoes what, by the name of the machine's resource: a declaration, or the path of a file with one.",
          additionalProperties: { type: ["object", "string"] },
        },
        exempt: {
          type: "array",
          items: { type: "string" },
          description: "The names of state machines that are no sagas.",
        },
      },
    },
    validateResource: (args, report) => {
      const fields = Object.hasOwn(MACHINE_RESOURCES, args.type) ? MACHINE_RESOURCES[args.type] : undefined;
      if (fields) validate(fields, args, { options, report });
    },
  };
}

interface Config {
  readonly declarations?: Readonly<Record<string, unknown>>;
  readonly exempt?: readonly string[];
}

function validate(
  fields: readonly string[],
  args: ResourceValidationArgs,
  { options, report }: { readonly options: SagaPolicyOptions; readonly report: ReportViolation },
): void {
  const { name, urn, props } = args;
  // The components of this package prove their machines themselves.
  if (PROVING_COMPONENTS.some((type) => urn.includes(`${type}$`))) return;
  const config = args.getConfig<Config>();
  if ([...(options.exempt ?? []), ...(config.exempt ?? [])].includes(name)) return;
  const tag = tagIn(props["tags"]);
  if (tag === "none") return;

  try {
    // The declaration first: a preview knows it, so a missing file is reported at once.
    const beside = declarationFrom(name, { tag, given: { ...options.declarations, ...config.declarations } });
    // In a preview this may throw the error from which Pulumi knows that a value is unknown.
    const written = fields.map((field): unknown => props[field]).find((each) => each !== undefined);
    if (written === undefined) {
      report(`'${name}' can't be proved: it has no ${fields.join(" and no ")}, which is all that is read here`);
      return;
    }
    const definition = definitionIn(written);
    const declaration = beside ?? declarationIn((definition as { Comment?: unknown }).Comment);
    if (declaration === undefined) {
      report(
        `'${name}' is not declared, so that nothing is proved of it\n` +
          `  → Say what undoes what: in the policy's config under declarations, in a file that its tag ${TAG} names, or in its Comment. If it is no saga, tag it ${TAG}=none`,
      );
      return;
    }
    prove(name, { definition, declaration, report });
  } catch (error) {
    if (error instanceof DefinitionError) report(`'${name}' is no state machine: ${error.message}`);
    else if (error instanceof DeclarationError) report(`'${name}' can't be proved: ${error.message}`);
    else throw error;
  }
}

/** The value of the tag, by either provider's spelling of tags: a record, or a list of keys and values. */
function tagIn(tags: unknown): unknown {
  if (Array.isArray(tags)) {
    return (tags as { key?: unknown; value?: unknown }[]).find(({ key }) => key === TAG)?.value;
  }
  return (tags as Readonly<Record<string, unknown>> | undefined)?.[TAG];
}

function definitionIn(written: unknown): RawStates {
  if (typeof written !== "string") return readDefinition(withReferences(written));
  try {
    return readDefinition(JSON.parse(written));
  } catch (error) {
    if (error instanceof SyntaxError) throw new DefinitionError(`its definition is not JSON: ${error.message}`);
    throw error;
  }
}

function prove(
  name: string,
  { definition, declaration, report }: { definition: RawStates; declaration: Declaration; report: ReportViolation },
): void {
  const undeclared = undeclaredIn(definition, declaration);
  if (undeclared.length > 0) {
    report(
      `'${name}' can't be proved: its declaration does not say what ${undeclared.join(", ")} ${undeclared.length === 1 ? "is" : "are"}`,
    );
    return;
  }
  try {
    const { violations } = verify(definition, declaration);
    // One violation for all, since Pulumi prints the description of the policy above each.
    if (violations.length > 0) report([`'${name}' is not sound`, ...storiesOf(violations).map(storyText)].join("\n"));
  } catch (error) {
    if (!(error instanceof SearchLimitError)) throw error;
    report(
      `'${name}' is too large to be proved: the search ${error.message}; exempt it, or have child machines run some of it`,
    );
  }
}
