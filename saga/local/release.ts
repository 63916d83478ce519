import { type Authorize, authorizerOfMadeRoles } from "./iam/authorizer";
import type { Place } from "./place";
import { ACCOUNT, type Program } from "./program";
import { Secrets } from "./services/secrets";

/** The running release of a program, and what follows from its resources. */
export interface Release {
  readonly program: Program;
  /** The program, with the resources of earlier releases that running executions still need. */
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

/** The region and the account of a release's resources. */
export function placeOf({ program }: Release): Place {
  const arn = program.resources.find((each) => each.arn?.split(":")[3])?.arn ?? "";
  return { region: arn.split(":")[3] ?? "us-east-1", account: ACCOUNT };
}
