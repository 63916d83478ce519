import { type Authorize, authorizerOfMadeRoles } from "./iam/authorizer";
import type { Place } from "./place";
import { ACCOUNT, type Program } from "./program";
import { Secrets } from "./services/secrets";

/** The release of a program that runs here, and what follows from what it registers. */
export interface Release {
  readonly program: Program;
  /** The program, and what executions that are under way need of the releases before it. */
  readonly standing: Program;
  readonly authorize: Authorize;
  readonly secrets: Secrets;
}

export function releaseOf(
  { program, standing }: Pick<Release, "program" | "standing">,
  {
    env = process.env,
    onNote = () => {},
  }: { readonly env?: NodeJS.ProcessEnv; readonly onNote?: (note: string) => void },
): Release {
  return { program, standing, authorize: authorizerOfMadeRoles(standing), secrets: new Secrets(program, env, onNote) };
}

/** Where a release's resources are. */
export function placeOf({ program }: Release): Place {
  const arn = program.resources.find((each) => each.arn?.split(":")[3])?.arn ?? "";
  return { region: arn.split(":")[3] ?? "us-east-1", account: ACCOUNT };
}
