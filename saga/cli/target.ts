import type { Machine } from "../control/machines";
import type { Target } from "../control/target";
import { callersPath } from "./paths";
import type { Values } from "./options";
import { UsageError } from "./usage-error";

/** What is looked at, and the machines in it. */
export interface Place {
  readonly target: Target;
  readonly machines: readonly Machine[];
}

/**
 * Where a command line says to look: what `saga dev` runs here, unless it says something else.
 * @throws UsageError, TargetError
 */
export async function targetOf(values: Pick<Values, "port" | "endpoint" | "stack" | "program">): Promise<Target> {
  const { port, endpoint, stack, program } = values;
  const given = Object.entries({ port, endpoint, stack }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`],
  );
  if (given.length > 1) throw new UsageError(`${given.join(" and ")} exclude each other: each says where to look`);
  const { endpointTarget, localTarget, stackTarget } = await import("../control/target");
  if (endpoint !== undefined) return endpointTarget(urlOf(endpoint, "--endpoint"));
  if (stack !== undefined) {
    const { findProject, PROJECT_FILES, readProject } = await import("../local/project");
    const folder = findProject(callersPath(program ?? "."));
    if (folder === undefined) {
      throw new UsageError(
        `--stack wants the folder of a Pulumi program: there is no ${PROJECT_FILES[0]} here; name it with --program DIR`,
      );
    }
    return stackTarget({ name: stack, folder, region: regionOf(() => readProject(folder, { stack })) });
  }
  if (port !== undefined) {
    if (!/^\d+$/.test(port) || Number(port) > 65_535) throw new UsageError(`--port wants a port, not '${port}'`);
    return localTarget(Number(port));
  }
  // As the SDKs do, and as 'saga dev' says.
  const said = process.env["AWS_ENDPOINT_URL"];
  return said === undefined ? localTarget() : { ...endpointTarget(urlOf(said, "AWS_ENDPOINT_URL")), options: "" };
}

/** The machines of a target, or the one of a name. */
export async function placeOf(values: Values, saga?: string): Promise<Place> {
  const target = await targetOf(values);
  const { machineNamed, machinesOf } = await import("../control/machines");
  const machines = await machinesOf(target);
  return { target, machines: saga === undefined ? machines : [machineNamed(machines, saga)] };
}

/** A stack may be deployed from elsewhere: then no file here has its config. */
function regionOf(read: () => { readonly config: Readonly<Record<string, string>> }): string | undefined {
  try {
    return read().config["aws:region"];
  } catch {
    return undefined;
  }
}

function urlOf(text: string, option: string): string {
  if (/^https?:\/\/[^/]+/.test(text) && URL.canParse(text)) return text;
  throw new UsageError(`${option} wants a URL such as http://127.0.0.1:4566, not '${text}'`);
}
