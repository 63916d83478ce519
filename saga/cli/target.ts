import type { Machine } from "../control/machines";
import type { Target } from "../control/target";
import { readPort } from "./numbers";
import { callersPath } from "./paths";
import type { Values } from "./options";
import { UsageError } from "./usage-error";

/** A target, and its state machines. */
export interface Place {
  readonly target: Target;
  readonly machines: readonly Machine[];
}

/**
 * The target of a command line. Default: AWS_ENDPOINT_URL if it is set, else what `saga dev` runs here.
 * @throws UsageError, TargetError
 */
export async function targetOf(values: Pick<Values, "port" | "endpoint" | "stack" | "program">): Promise<Target> {
  const { port, endpoint, stack, program } = values;
  const given = Object.entries({ port, endpoint, stack }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`],
  );
  if (given.length > 1) throw new UsageError(`${given.join(" and ")} exclude each other: use one of them`);
  const { endpointTarget, localTarget, stackTarget } = await import("../control/target");
  if (endpoint !== undefined) return endpointTarget(urlOf(endpoint, "--endpoint"));
  if (stack !== undefined) {
    const { findProject, PROJECT_FILES, readProject } = await import("../local/project");
    const folder = findProject(callersPath(program ?? "."));
    if (folder === undefined) {
      throw new UsageError(
        `--stack needs the folder of a Pulumi program, but there is no ${PROJECT_FILES[0]} here: name the folder with --program DIR`,
      );
    }
    return stackTarget({ name: stack, folder, region: regionOf(() => readProject(folder, { stack })) });
  }
  if (port !== undefined) return localTarget(readPort(port));
  // The SDKs read it too, and 'saga dev' prints it.
  const said = process.env["AWS_ENDPOINT_URL"];
  return said === undefined ? localTarget() : { ...endpointTarget(urlOf(said, "AWS_ENDPOINT_URL")), options: "" };
}

/** The machines of a target, or the one with the name. */
export async function placeOf(values: Values, saga?: string): Promise<Place> {
  const target = await targetOf(values);
  const { machineNamed, machinesOf } = await import("../control/machines");
  const machines = await machinesOf(target);
  return { target, machines: saga === undefined ? machines : [machineNamed(machines, saga)] };
}

/** If the stack was deployed from elsewhere, no file here has its config. */
function regionOf(read: () => { readonly config: Readonly<Record<string, string>> }): string | undefined {
  try {
    return read().config["aws:region"];
  } catch {
    return undefined;
  }
}

function urlOf(text: string, option: string): string {
  if (/^https?:\/\/[^/]+/.test(text) && URL.canParse(text)) return text;
  throw new UsageError(`${option} must be a URL such as http://127.0.0.1:4566, not '${text}'`);
}
