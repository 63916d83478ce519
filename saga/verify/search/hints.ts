/** How each kind of mistake is mended. */
export const HINTS = {
  bookkeeping: "Let the state before it lead on",
  undeclared: "Declare it: an action with its undo, a query, or another action's undo",
  default: "Give it a Default",
  endless: "Let some way lead to an end",
  retriable: "Put it after the pivot, or declare it compensable, with an undo",
  uncompensated: "Put it before the pivot, or declare it retriable and retry it on any error",
  cause: "Give it a Cause that is JSON: { saga, step, error, cause }",
  swallowed: "Let its Catch lead to the undos",
  decide:
    "After all branches have settled, one Choice: on if all are done, else to the undo of every branch that started",
  dataLimit: "Name States.DataLimitExceeded in a catcher of its own, before States.ALL",
  uncaught: "Give it a Catch for States.ALL that leads to its undo",
  committed: "After the pivot, retry and let the state fail: a redrive resumes it",
  order:
    "From an action lead to its own undo, or, where nothing has happened, to that of the step before; chain the undos backwards",
  identity: "Give the undo the saga.step of its action",
  abort: "Catch in the branch, and end it with a record of what it did",
  stuck: "Leave it uncaught: the execution then stops in that state, and a redrive resumes it",
  compensated: "End what was undone in a Fail state with Error SagaCompensated",
  own: "Lead from the Catch to the action's own undo first",
  chain: "Lead from every undo to the undo of the step before",
} as const;
