import { SagaStateMachine, sagaTable, TaskFunction } from "../../infra";
import { tasksOf } from "../../saga";
import { tripBooking } from "./saga";

const logRetentionDays = 7;
const table = sagaTable("trips", { deletionProtection: false });
const functions = tasksOf(tripBooking).map((task) => new TaskFunction(task.name, { task, table, logRetentionDays }));
const machine = new SagaStateMachine(tripBooking.name, {
  saga: tripBooking,
  functions,
  logRetentionDays,
  onAbort: "recover",
});

export const stateMachineArn = machine.arn;
