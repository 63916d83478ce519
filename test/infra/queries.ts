// A program whose saga changes nothing: what only this test deploys.
import { SagaStateMachine, sagaTable, TaskFunction } from "../../infra";
import { saga, tasksOf } from "../../saga";
import { stub } from "../saga/tasks";

const look = saga<{ id: string }>("Look")
  .query("Find", { task: stub<{ id: string }, { found: boolean }>("find"), input: ({ input }) => ({ id: input.id }) })
  .returns(({ Find }) => ({ found: Find.found }));

const table = sagaTable("orders", { deletionProtection: false });
const functions = tasksOf(look).map((task) => new TaskFunction(task.name, { task, table, logRetentionDays: 1 }));
const machine = new SagaStateMachine(look.name, { saga: look, functions, logRetentionDays: 1, onAbort: "recover" });
export const stateMachineArn = machine.arn;
