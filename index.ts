// Imported first, to report a wrong config value before anything else is loaded.
import "./saga/deploy/check-config";
import * as pulumi from "@pulumi/pulumi";
import { readConfig, sagaKey, SagaStateMachine, sagaTable } from "./saga";
import { orderFulfilment } from "./orderFulfilment";

const config = readConfig();
const tags = { project: pulumi.getProject(), stack: pulumi.getStack() };
const kmsKeyArn = sagaKey("orders", config, tags);
const table = sagaTable("orders", { hashKey: "order_id", rangeKey: "entity", ...config, kmsKeyArn, tags });
const machine = new SagaStateMachine(orderFulfilment.name, {
  saga: orderFulfilment,
  table,
  ...config,
  kmsKeyArn,
  tags,
});

export const stateMachineArn = machine.arn;
export const stateMachineName = machine.physicalName;
export const stateMachineVersion = machine.version;
export const alarmTopicArn = machine.alarmTopicArn;
export const tableName = table.name;
/** By the name of each task, the name of its function in the account. */
export const functionNames = pulumi.all(
  Object.fromEntries(Object.entries(machine.functions).map(([task, { physicalName }]) => [task, physicalName])),
);
export const consoleUrl = machine.machineArn.apply((arn) => {
  const region = arn.split(":")[3];
  return `https://${region}.console.aws.amazon.com/states/home?region=${region}#/statemachines/view/${arn}`;
});
