import type { Held } from "./storage";

/**
 * What AWS refuses to create, or to change so.
 * @param others Everything else in the account.
 */
export function checkPut(resource: Held, others: readonly Held[]): void {
  if (others.some(({ arn }) => arn === resource.arn)) throw new Error(`${resource.arn} exists already`);
  if (resource.type === "aws:sfn/alias:Alias") checkAlias(resource, others);
}

/**
 * What may not be deleted. AWS schedules a key's deletion whoever uses it, and from then on refuses to use it: what it has
 * encrypted can't be read. So here the deletion is refused.
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
 */
export function checkDelete(resource: Held, others: readonly Held[]): void {
  if (resource.type !== "aws:kms/key:Key") return;
  const user = others.find(({ inputs }) => JSON.stringify(inputs).includes(resource.arn));
  if (user) throw new Error(`${resource.arn} is still named by ${user.arn}`);
}

interface Route {
  readonly stateMachineVersionArn: string;
  readonly weight: number;
}

/** @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachineAlias.html */
function checkAlias({ arn, inputs }: Held, others: readonly Held[]): void {
  const refuse = (reason: string) => {
    throw new Error(`ValidationException: ${arn} ${reason}`);
  };
  const routes = inputs["routingConfigurations"] as readonly Route[];
  if (routes.length < 1 || routes.length > 2) refuse(`has ${routes.length} routes: use one or two`);
  for (const { stateMachineVersionArn: version, weight } of routes) {
    const [machineArn, number] = split(version);
    // It is named beneath the machine for which it was created.
    if (split(arn)[0] !== machineArn) refuse(`can't lead to ${version}, of another state machine`);
    const machine = others.find((other) => other.arn === machineArn && other.inputs["publish"] === true);
    const exists = /^[1-9]\d*$/.test(number) && Number(number) <= (machine?.revision ?? 0);
    if (!exists) refuse(`can't lead to ${version}, which does not exist`);
    if (!Number.isInteger(weight) || weight < 0 || weight > 100) refuse(`has a route of weight ${weight}`);
  }
  const [first, second] = routes;
  if (first?.stateMachineVersionArn === second?.stateMachineVersionArn) refuse("has two routes to one version");
  const sum = routes.reduce((total, { weight }) => total + weight, 0);
  if (sum !== 100) refuse(`has routes of weight ${sum} in all: use 100`);
}

/** The ARN of a machine, and what is named beneath it. */
export function split(qualifiedArn: string): readonly [string, string] {
  const at = qualifiedArn.lastIndexOf(":");
  return [qualifiedArn.slice(0, at), qualifiedArn.slice(at + 1)];
}
