import type { Json, JsonObject } from "../../interpreter";
import { isObject } from "../../interpreter/json";
import { AwsError } from "../aws-error";
import type { Functions } from "../functions";
import { type Logs, logGroupOf } from "../logs";
import type { Program, Resource } from "../program";
import { FUNCTION, ofType } from "../resources";
import { NotOnThisMachine } from "../services/integrations";
import type { FunctionConfiguration, Invoked, LambdaService } from "../wire/lambda";
import { InvocationError } from "./errors";

/** The parts of the cloud that Lambda's API uses. */
export interface LambdaContext {
  readonly program: () => Program;
  readonly functions: Functions;
  readonly logs: Logs;
  /** Accepts an asynchronous call. */
  readonly send: (functionArn: string, event: JsonObject) => Promise<void>;
}

/** The functions, for clients of Lambda's API. */
export function lambdaService({ program, functions, logs, send }: LambdaContext): Omit<LambdaService, "refuse"> {
  async function invoke(arn: string, event: Json): Promise<Invoked> {
    const group = logGroupOf(arn.replace(/^.*:function:([^:]+).*/, "$1"));
    const since = logs.last(group);
    const log = (): readonly string[] => logs.after(group, since);
    try {
      const { payload } = await functions.at(arn).invoke(event);
      return { payload: (payload ?? null) as Json, failed: false, log: log() };
    } catch (error) {
      if (error instanceof InvocationError)
        return { payload: JSON.parse(error.cause) as Json, failed: true, log: log() };
      if (error instanceof NotOnThisMachine) throw new AwsError("ServiceException", error.message, { status: 500 });
      throw error;
    }
  }

  return {
    functions: () =>
      ofType(program(), FUNCTION)
        .filter(({ arn }) => functions.has(arn ?? ""))
        .map((resource) => ({
          configuration: functionConfiguration(resource),
          version: resource.versionArn?.replace(/^.*:/, ""),
          tags: (resource.inputs["tags"] ?? {}) as Readonly<Record<string, string>>,
        })),
    invoke,
    send: (functionArn, event) => send(functionArn, event as JsonObject),
  };
}

/** The configuration of a registered function, as GetFunction returns it. */
function functionConfiguration({ physicalName, arn, inputs }: Resource): FunctionConfiguration {
  const { runtime, role, handler, timeout, memorySize, architectures, environment, description } = inputs as Readonly<
    Record<string, Json | undefined>
  >;
  return {
    FunctionName: physicalName as string,
    FunctionArn: arn as string,
    ...(runtime !== undefined && { Runtime: runtime }),
    ...(role !== undefined && { Role: role }),
    ...(handler !== undefined && { Handler: handler }),
    Description: description ?? "",
    Timeout: timeout ?? 3,
    MemorySize: memorySize ?? 128,
    ...(isObject(environment) &&
      isObject(environment["variables"]) && {
        Environment: { Variables: environment["variables"] },
      }),
    PackageType: "Zip",
    Architectures: architectures ?? ["x86_64"],
    State: "Active",
    LastUpdateStatus: "Successful",
    LoggingConfig: { LogFormat: "Text", LogGroup: logGroupOf(physicalName as string) },
  };
}
