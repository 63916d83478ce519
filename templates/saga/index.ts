import { SagaStateMachine, sagaTable } from "saga-aws-pulumi";
import { transfer } from "./transfer";

const table = sagaTable("bookings", { hashKey: "account", rangeKey: "booking" });
const machine = new SagaStateMachine("Transfer", { saga: transfer, table });

export const stateMachineArn = machine.arn;
