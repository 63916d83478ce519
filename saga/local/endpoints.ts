import type { Journal } from "./data/journal";
import type { DeadLetters } from "./dead-letters";
import type { Deliveries } from "./deliveries";
import { doorOf } from "./dynamodb/door";
import { type LocalDynamoDB, startDynamoDB } from "./dynamodb/table";
import type { Functions } from "./functions";
import { type Authorize, isLasting } from "./iam/authorizer";
import type { Callers } from "./iam/callers";
import { lambdaService } from "./lambda/service";
import type { Logs } from "./logs";
import type { Program } from "./program";
import { Queues } from "./queues";
import { placeOf, type Release } from "./release";
import { FUNCTION, ofType, QUEUE, TABLE, taskOf } from "./resources";
import { otherServices } from "./services/aws-api";
import type { Outbox } from "./services/outbox";
import { actionsOf } from "./step-functions/actions";
import type { StepFunctions } from "./step-functions/service";
import type { Stubs } from "./stubs";
import type { TaskCalls } from "./task-calls";
import { startWire, type WireOptions, type WireServices } from "./wire";
import type { Refusal } from "./wire/message";

/** The services behind the endpoints. */
export interface EndpointsContext {
  readonly release: () => Release;
  readonly authorize: Authorize;
  readonly callers: Callers;
  readonly stepFunctions: StepFunctions;
  readonly taskCalls: TaskCalls;
  readonly functions: Functions;
  readonly deliveries: Deliveries;
  readonly deadLetters: DeadLetters;
  readonly logs: Logs;
  readonly outbox: Outbox;
  readonly stubs: Stubs;
  /** Resolves once everything so far is written to the data folder. */
  readonly durable: () => Promise<void>;
  /** The time of the cloud's clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Has the folder that keeps the tables after this process. */
  readonly journal: Pick<Journal, "tables"> | undefined;
}

/** The endpoints of the services, for functions and for AWS clients. */
export interface Endpoints {
  readonly dynamoDB: LocalDynamoDB;
  /** The endpoint of all services. */
  readonly wire: string;
  /** The environment variables that point the functions' SDK to the endpoints. */
  readonly variables: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

/** Opens the endpoints. Nothing uses them before the program is deployed. If one fails to open, the other is closed. */
export async function openEndpoints(context: EndpointsContext, wireOptions?: WireOptions): Promise<Endpoints> {
  const decide = tablesDoor(context);
  const { journal, now } = context;
  let closing: Promise<void> | undefined;
  const dynamoDB = await startDynamoDB({ decide, now, ...(journal && { path: journal.tables }) });
  try {
    const wire = await startWire(wireServices(context, dynamoDB), wireOptions);
    return {
      dynamoDB,
      wire: wire.endpoint,
      variables: { AWS_ENDPOINT_URL: wire.endpoint, AWS_ENDPOINT_URL_DYNAMODB: dynamoDB.endpoint },
      // A second call waits for the first.
      close: () => (closing ??= wire.close().then(() => dynamoDB.close())),
    };
  } catch (error) {
    await dynamoDB.close();
    throw error;
  }
}

function tablesDoor({ callers, authorize, release }: EndpointsContext): ReturnType<typeof doorOf> {
  return doorOf({
    callers,
    authorize,
    isLasting: (roleArn) => isLasting(release().standing, roleArn),
    arnPrefix: () => {
      const { region, account } = placeOf(release());
      return `arn:aws:dynamodb:${region}:${account}:table/`;
    },
    tables: () => ofType(release().standing, TABLE),
    admitsStrangers: true,
  });
}

function wireServices(context: EndpointsContext, dynamoDB: LocalDynamoDB): WireServices {
  const { release, authorize, callers, stepFunctions, taskCalls, functions, deliveries, deadLetters } = context;
  const { logs, outbox, stubs, durable } = context;
  const place = () => placeOf(release());
  const callerOf = (accessKey: string) => callers.withKey(accessKey);
  const refuse: Refusal = async ({ signer }, action, resource) => {
    const caller = callerOf(signer.accessKey);
    return caller && authorize(caller, action, resource);
  };
  return {
    place,
    callerOf,
    authorize,
    stepFunctions: actionsOf(stepFunctions, place, (...asked) => taskCalls.callAlone(...asked)),
    durable,
    lambda: lambdaService({
      program: () => release().program,
      functions,
      logs,
      send: (...called) => deliveries.send(...called),
    }),
    logs,
    queues: new Queues(
      () => queuesOf(release().standing),
      () => deadLetters.letters,
      (letter) => {
        deadLetters.remove(letter);
      },
    ),
    dynamoDB: () => dynamoDB.endpoint,
    others: otherServices({
      refuse,
      outbox,
      stubs: () => stubs,
      secrets: () => release().secrets,
      place,
      callerOf: ({ signer }) => taskOfSession(release().standing, callerOf(signer.accessKey)?.session),
    }),
  };
}

/** The ARNs of the queues that a program creates. */
const queuesOf = (standing: Program): readonly string[] =>
  ofType(standing, QUEUE).flatMap(({ arn, existing }) => (arn === undefined || existing ? [] : [arn]));

/** The task of the calling function. Undefined for any other caller. */
function taskOfSession(standing: Program, session: string | undefined): string | undefined {
  if (session === undefined) return undefined;
  const lambda = ofType(standing, FUNCTION).find(({ physicalName }) => physicalName === session);
  return lambda ? taskOf(lambda) : "a function";
}
