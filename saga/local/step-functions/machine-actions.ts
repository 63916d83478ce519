import type { JsonObject } from "../../interpreter";
import { AwsError } from "../aws-error";
import type { Place } from "../place";
import type { Member, Shape } from "../request-shape";
import {
  type Action,
  type Actions,
  ARN,
  DEFINITION,
  MAX_RESULTS,
  NEXT_TOKEN,
  numberOf,
  objectOf,
  requiredText,
  textOf,
  validationError,
} from "./action";
import { checkArn, withoutQualifier } from "./arns";
import { diagnose } from "./definitions";
import { describeMachine, seconds } from "./description";
import type { Alias, Route, StateMachine, Version } from "./machines";
import { pageOf } from "./pages";
import type { StepFunctions } from "./service";

const NAME: Member = { type: "string", min: 1, max: 80, required: true };
const DESCRIPTION: Member = { type: "string", max: 256, sensitive: true };
const ALIAS_NAME: Member = {
  type: "string",
  min: 1,
  max: 80,
  pattern: "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$",
  required: true,
};
const ROLE: Member = { type: "string", min: 1, max: 256 };
const TYPE: Member = { type: "string", values: ["STANDARD", "EXPRESS"] };
const ROUTING: Member = {
  type: "list",
  min: 1,
  max: 2,
  of: {
    type: "structure",
    members: { stateMachineVersionArn: ARN, weight: { type: "integer", min: 0, max: 100, required: true } },
  },
};
const CONFIGURATION: Shape = {
  loggingConfiguration: {
    type: "structure",
    members: {
      level: { type: "string", values: ["ALL", "ERROR", "FATAL", "OFF"] },
      includeExecutionData: { type: "boolean" },
      destinations: { type: "list", of: { type: "structure", members: {} } },
    },
  },
  tracingConfiguration: { type: "structure", members: { enabled: { type: "boolean" } } },
  encryptionConfiguration: { type: "structure", members: {} },
};

/** The actions on state machines, their versions and aliases. */
export function machineActions({ machines, clock }: StepFunctions, place: () => Place): Actions {
  const on =
    (member: string, qualified = false) =>
    (act: Action["act"], shape: Shape = {}): Action => ({
      shape: { [member]: ARN, ...shape },
      resource: (request) => {
        const arn = requiredText(request, member);
        return qualified ? arn : withoutQualifier(arn);
      },
      act: (request) => {
        checkArn(requiredText(request, member), "stateMachine");
        return act(request);
      },
    });
  const onMachine = on("stateMachineArn");
  const onVersion = on("stateMachineVersionArn", true);
  const onAlias = on("stateMachineAliasArn", true);

  const machineOf = (request: JsonObject): StateMachine => machines.machineAt(requiredText(request, "stateMachineArn"));
  const aliasOf = (request: JsonObject): { machine: StateMachine; alias: Alias } => {
    const arn = requiredText(request, "stateMachineAliasArn");
    for (const machine of machines.values()) {
      const alias = machine.aliases.get(arn);
      if (alias) return { machine, alias };
    }
    throw new AwsError("ResourceNotFound", "Request references a resource that does not exist.", {
      fields: { resourceName: arn },
    });
  };

  return {
    CreateStateMachine: {
      shape: {
        name: NAME,
        definition: { ...DEFINITION, required: true },
        roleArn: { ...ROLE, required: true },
        type: TYPE,
        publish: { type: "boolean" },
        versionDescription: DESCRIPTION,
        tags: { type: "list", of: { type: "structure", members: {} } },
        ...CONFIGURATION,
      },
      resource: (request) => arnOf(place(), requiredText(request, "name")),
      act(request) {
        const publish = publishes(request);
        const name = requiredText(request, "name");
        if (!MACHINE_NAME.test(name)) throw new AwsError("InvalidName", `Invalid Name: '${name}'`);
        const machine = machines.create({
          arn: arnOf(place(), name),
          name,
          type: textOf(request, "type") === "EXPRESS" ? "EXPRESS" : "STANDARD",
          definition: requiredText(request, "definition"),
          roleArn: checkedRole(requiredText(request, "roleArn")),
          ...configurationIn(request),
        });
        return {
          stateMachineArn: machine.arn,
          creationDate: seconds(machine.creationDate),
          ...(publish && {
            stateMachineVersionArn: machines.publish(machine, textOf(request, "versionDescription")).arn,
          }),
        };
      },
    },
    UpdateStateMachine: onMachine(
      (request) => {
        const publish = publishes(request);
        const machine = machineOf(request);
        const definition = textOf(request, "definition");
        const roleArn = textOf(request, "roleArn");
        const configuration = configurationIn(request);
        if (definition === undefined && roleArn === undefined && Object.keys(configuration).length === 0 && !publish) {
          const what = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration";
          throw new AwsError("MissingRequiredParameter", `${what} must be specified`);
        }
        machines.update(machine, {
          ...(definition !== undefined && { definition }),
          ...(roleArn !== undefined && { roleArn: checkedRole(roleArn) }),
          ...configuration,
        });
        const { updateDate, revision } = machine;
        return {
          updateDate: seconds(updateDate),
          ...(revision.id !== undefined && { revisionId: revision.id }),
          ...(publish && {
            stateMachineVersionArn: machines.publish(machine, textOf(request, "versionDescription")).arn,
          }),
        };
      },
      {
        definition: DEFINITION,
        roleArn: ROLE,
        publish: { type: "boolean" },
        versionDescription: DESCRIPTION,
        ...CONFIGURATION,
      },
    ),
    DeleteStateMachine: onMachine((request) => {
      machines.delete(requiredText(request, "stateMachineArn"));
      return {};
    }),
    DescribeStateMachine: onMachine(
      (request) => describeMachine(machines.get(requiredText(request, "stateMachineArn"))),
      { includedData: { type: "string", values: ["ALL_DATA", "METADATA_ONLY"] } },
    ),
    ListStateMachines: {
      shape: { maxResults: MAX_RESULTS, nextToken: NEXT_TOKEN },
      resource: () => "*",
      act(request) {
        const { items, nextToken } = pageOf([...machines.values()], {
          maxResults: numberOf(request, "maxResults"),
          nextToken: textOf(request, "nextToken"),
          list: "machines",
          keyOf: ({ arn }) => arn,
        });
        const stateMachines = items.map(({ arn, name, type, creationDate }) => ({
          stateMachineArn: arn,
          name,
          type,
          creationDate: seconds(creationDate),
        }));
        return { stateMachines, ...(nextToken !== undefined && { nextToken }) };
      },
    },
    ValidateStateMachineDefinition: {
      shape: {
        definition: { type: "string", max: 1_048_576, sensitive: true, required: true },
        type: TYPE,
        severity: { type: "string", values: ["ERROR", "WARNING"] },
        maxResults: { type: "integer", min: 0, max: 100 },
      },
      resource: () => "*",
      act(request) {
        const type = textOf(request, "type") === "EXPRESS" ? "EXPRESS" : "STANDARD";
        const diagnostics = diagnose(requiredText(request, "definition"), type);
        return { result: diagnostics.length > 0 ? "FAIL" : "OK", diagnostics, truncated: false };
      },
    },
    PublishStateMachineVersion: onMachine(
      (request) => {
        const machine = machineOf(request);
        const wanted = textOf(request, "revisionId");
        const { id } = machine.revision;
        if (wanted !== undefined && wanted !== (id ?? "INITIAL")) {
          throw new AwsError(
            "ConflictException",
            `Failed to publish the State Machine version for revision ${wanted}. The current State Machine revision is ${id ?? "INITIAL"}.`,
          );
        }
        const { arn, creationDate } = machines.publish(machine, textOf(request, "description"));
        return { stateMachineVersionArn: arn, creationDate: seconds(creationDate) };
      },
      { revisionId: { type: "string" }, description: DESCRIPTION },
    ),
    DeleteStateMachineVersion: onVersion((request) => {
      const arn = requiredText(request, "stateMachineVersionArn");
      const machine = machines.find(withoutQualifier(arn))?.machine;
      const aliases = [...(machine?.aliases.values() ?? [])].filter(({ routes }) =>
        routes.some(({ stateMachineVersionArn }) => stateMachineVersionArn === arn),
      );
      if (aliases.length > 0) {
        const names = aliases.map(({ name }) => name).join(", ");
        throw new AwsError(
          "ConflictException",
          `Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [${names}]`,
        );
      }
      if (machine?.versions.delete(arn)) machines.changed(machine);
      return {};
    }),
    ListStateMachineVersions: onMachine(
      (request) => {
        const machine = machineOf(request);
        const { items, nextToken } = pageOf([...machine.versions.values()].reverse(), {
          maxResults: numberOf(request, "maxResults"),
          nextToken: textOf(request, "nextToken"),
          list: `versions ${machine.arn}`,
          keyOf: ({ arn }: Version) => arn,
        });
        const stateMachineVersions = items.map(({ arn, creationDate }) => ({
          stateMachineVersionArn: arn,
          creationDate: seconds(creationDate),
        }));
        return { stateMachineVersions, ...(nextToken !== undefined && { nextToken }) };
      },
      { maxResults: MAX_RESULTS, nextToken: NEXT_TOKEN },
    ),
    CreateStateMachineAlias: {
      shape: { name: ALIAS_NAME, description: DESCRIPTION, routingConfiguration: { ...ROUTING, required: true } },
      resource: (request) =>
        `${withoutQualifier(routesIn(request)[0]?.stateMachineVersionArn ?? "")}:${requiredText(request, "name")}`,
      act(request) {
        const name = requiredText(request, "name");
        const routes = routesIn(request);
        const machine = routedMachine(machines, routes);
        const there = machine.aliases.get(`${machine.arn}:${name}`);
        const description = textOf(request, "description");
        if (there && (JSON.stringify(there.routes) !== JSON.stringify(routes) || there.description !== description)) {
          throw new AwsError(
            "ConflictException",
            "Failed to create alias because an alias with the same name and a different routing configuration already exists.",
          );
        }
        const { arn, creationDate } = there ?? machines.route(machine, { name, routes, description });
        return { stateMachineAliasArn: arn, creationDate: seconds(creationDate) };
      },
    },
    UpdateStateMachineAlias: onAlias(
      (request) => {
        const { machine, alias } = aliasOf(request);
        const routes = request["routingConfiguration"] === undefined ? alias.routes : routesIn(request);
        if (routes !== alias.routes && routedMachine(machines, routes) !== machine) {
          throw validationError("Routing configuration must contain versions of the alias's own state machine.");
        }
        machines.route(machine, { name: alias.name, routes, description: textOf(request, "description") });
        return { updateDate: seconds(clock.now()) };
      },
      { description: DESCRIPTION, routingConfiguration: ROUTING },
    ),
    DescribeStateMachineAlias: onAlias((request) => {
      const { arn, name, description, routes, creationDate, updateDate } = aliasOf(request).alias;
      return {
        stateMachineAliasArn: arn,
        name,
        ...(description !== undefined && { description }),
        routingConfiguration: routes,
        creationDate: seconds(creationDate),
        updateDate: seconds(updateDate),
      };
    }),
    DeleteStateMachineAlias: onAlias((request) => {
      const arn = requiredText(request, "stateMachineAliasArn");
      for (const machine of machines.values()) if (machine.aliases.delete(arn)) machines.changed(machine);
      return {};
    }),
    ListStateMachineAliases: onMachine(
      (request) => {
        const arn = requiredText(request, "stateMachineArn");
        const { machine } = machines.get(arn);
        const listed = [...machine.aliases.values()].filter(
          ({ routes }) => arn === machine.arn || routes.some((route) => route.stateMachineVersionArn === arn),
        );
        const { items, nextToken } = pageOf(listed, {
          maxResults: numberOf(request, "maxResults"),
          nextToken: textOf(request, "nextToken"),
          list: `aliases ${arn}`,
          keyOf: (alias: Alias) => alias.arn,
        });
        const stateMachineAliases = items.map((alias) => ({
          stateMachineAliasArn: alias.arn,
          creationDate: seconds(alias.creationDate),
        }));
        return { stateMachineAliases, ...(nextToken !== undefined && { nextToken }) };
      },
      { maxResults: MAX_RESULTS, nextToken: NEXT_TOKEN },
    ),
  };
}

const arnOf = ({ region, account }: Place, name: string): string =>
  `arn:aws:states:${region}:${account}:stateMachine:${name}`;

/** @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html */
const MACHINE_NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;

function checkedRole(arn: string): string {
  if (!/^arn:aws[\w-]*:iam::\d{12}:role\/.+/.test(arn)) {
    throw new AwsError("InvalidArn", `Invalid Role Arn: '${arn}'`);
  }
  return arn;
}

/**
 * Whether a request publishes a version.
 * @throws AwsError ValidationException for the description of a version that is not published
 */
function publishes(request: JsonObject): boolean {
  const publish = request["publish"] === true;
  if (!publish && textOf(request, "versionDescription") !== undefined) {
    throw validationError("Version description can only be set when publish is true");
  }
  return publish;
}

function configurationIn(request: JsonObject) {
  const logging = objectOf(request, "loggingConfiguration");
  const tracing = objectOf(request, "tracingConfiguration");
  const encryption = objectOf(request, "encryptionConfiguration");
  return {
    ...(logging && { loggingConfiguration: logging }),
    ...(tracing && { tracingConfiguration: tracing }),
    ...(encryption && { encryptionConfiguration: encryption }),
  };
}

const routesIn = (request: JsonObject): readonly Route[] =>
  ((request["routingConfiguration"] ?? []) as unknown as readonly Route[]).map(
    ({ stateMachineVersionArn, weight }) => ({
      stateMachineVersionArn,
      weight,
    }),
  );

/**
 * The machine of the versions in a routing configuration.
 * @throws AwsError ValidationException
 */
function routedMachine(machines: StepFunctions["machines"], routes: readonly Route[]): StateMachine {
  const arns = routes.map(({ stateMachineVersionArn }) => stateMachineVersionArn);
  const received = `Received: [${arns.join(", ")}]`;
  if (arns.some((arn) => !/:stateMachine:[^:]+:\d+$/.test(arn))) {
    throw validationError(`Routing configuration must contain state machine version ARNs. ${received}`);
  }
  if (new Set(arns).size < arns.length) {
    throw validationError(`Routing configuration must contain distinct state machine version ARNs. ${received}`);
  }
  const weights = routes.map(({ weight }) => weight);
  if (weights.reduce((sum, weight) => sum + weight, 0) !== 100) {
    throw validationError(`Sum of routing configuration weights must equal 100. Received: [${weights.join(", ")}]`);
  }
  const [machine, other] = new Set(arns.map((arn) => machines.get(arn).machine));
  if (!machine || other)
    throw validationError(`Routing configuration must contain versions of one state machine. ${received}`);
  return machine;
}
