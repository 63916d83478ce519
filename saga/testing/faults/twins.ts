import { taskOf } from "../../local/cloud";
import { FUNCTION } from "../../local/resources";
import type { Program, Resource } from "../../local/program";

export const WITHOUT_RIGHTS = "WithoutRights";
export const DYING = "Dying";

// Added to the archive of the deployed function.
const DIES = `
const { handler } = require("./__index");
exports.handler = async (event, context) => {
  await handler(event, context).catch(() => {});
  process.exit(1);
};
`;

/**
 * The program with two twins of each function, for faults within a function: the role of one has no policy, and the
 * process of the other dies after the handler has run.
 */
export function withTwins(program: Program): Program {
  const role: Resource = {
    type: "aws:iam/role:Role",
    name: WITHOUT_RIGHTS,
    inputs: {},
    physicalName: WITHOUT_RIGHTS,
    arn: `arn:aws:iam::000000000000:role/${WITHOUT_RIGHTS}`,
  };
  const twins = program.resources
    .filter(({ type, inputs, existing }) => type === FUNCTION && existing !== true && "code" in inputs)
    .flatMap((resource) => [
      twin(resource, WITHOUT_RIGHTS, { role: role.arn }),
      twin(resource, DYING, { code: { assets: dying(resource) }, handler: "dies.handler" }),
    ]);
  return { ...program, resources: [...program.resources, role, ...twins] };
}

const twin = (resource: Resource, suffix: string, inputs: Resource["inputs"]): Resource => {
  const arn = `${resource.arn as string}-${suffix}`;
  return {
    ...resource,
    name: resource.name + suffix,
    physicalName: `${resource.physicalName as string}-${suffix}`,
    arn,
    versionArn: `${arn}:1`,
    inputs: { ...resource.inputs, tags: { task: taskOf(resource) + suffix }, ...inputs },
  };
};

async function dying({ inputs }: Resource): Promise<object> {
  const { assets } = inputs["code"] as { readonly assets: Promise<object> };
  return { ...(await assets), "dies.js": { text: DIES } };
}
