import * as pulumi from "@pulumi/pulumi";
import { SagaStateMachine, sagaTable, TaskFunction } from "./infra";
import { orderFulfilment } from "./orderFulfilment";
import { tasksOf } from "./saga";

const config = new pulumi.Config();
const logRetentionDays = config.requireNumber("logRetentionDays");

const table = sagaTable("orders", { deletionProtection: config.requireBoolean("deletionProtection") });

const functions = tasksOf(orderFulfilment).map(
  (task) => new TaskFunction(task.name, { task, table, logRetentionDays }),
);

const machine = new SagaStateMachine(orderFulfilment.name, {
  saga: orderFulfilment,
  functions,
  logRetentionDays,
  onAbort: config.require<"recover" | "ignore">("onAbort", { allowedValues: ["recover", "ignore"] }),
});

export const stateMachineArn = machine.arn;
export const stateMachineName = machine.physicalName;
export const tableName = table.name;
/** The name of each function's task → the name of the function in the account. */
export const functionNames = pulumi.all(
  Object.fromEntries(functions.map((deployed) => [deployed.task.name, deployed.physicalName])),
);
export const consoleUrl = machine.arn.apply((arn) => {
  const region = arn.split(":")[3];
  return `https://${region}.console.aws.amazon.com/states/home?region=${region}#/statemachines/view/${arn}`;
});
