import type { Program, Resource } from "./program";
import { ALIAS, machinesOf, ofType } from "./resources";
import { withoutQualifier } from "./step-functions/arns";
import { type MachineType, readDefinition } from "./step-functions/definitions";
import type { DeployedMachine, Route, StateMachines } from "./step-functions/machines";

/**
 * The state machines that a program registers, in the form that Step Functions takes.
 * @throws AwsError InvalidDefinition
 */
export function deployedMachines(program: Program): readonly DeployedMachine[] {
  const machines = machinesOf(program).flatMap((each) => (each.existing ? [] : [deployedMachine(each)]));
  for (const { definition, type } of machines) readDefinition(definition, type ?? "STANDARD");
  return machines;
}

function deployedMachine({ arn, physicalName, versionArn, inputs }: Resource): DeployedMachine {
  const { definition, roleArn, type } = inputs as {
    readonly definition: string;
    readonly roleArn: string;
    readonly type?: MachineType;
  };
  return { arn: arn as string, name: physicalName as string, roleArn, type, definition, versionArn };
}

/**
 * Replaces the machines of the earlier release, and updates the aliases. Machines that the new release lacks are withdrawn.
 */
export function deployMachines(machines: StateMachines, program: Program, deployed: readonly DeployedMachine[]): void {
  for (const machine of deployed) machines.deploy(machine);
  machines.withdrawAllBut(new Set(deployed.map(({ arn }) => arn)));
  for (const { inputs, physicalName } of ofType(program, ALIAS)) {
    const routes = inputs["routingConfigurations"] as readonly Route[];
    const target = machines.find(withoutQualifier(routes[0]?.stateMachineVersionArn ?? ""));
    // An alias of a machine that is not on this machine has no target here.
    if (target) machines.route(target.machine, { name: physicalName as string, routes });
  }
}
