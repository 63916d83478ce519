import { saga } from "saga-aws-pulumi";
import { book, cancel } from "./tasks";

export interface Transfer {
  readonly transfer: string;
  readonly from: string;
  readonly to: string;
  /** In cents. */
  readonly amount: number;
}

export const transfer = saga<Transfer>("Transfer")
  .step("Withdraw", {
    task: book,
    input: ({ input }) => ({ account: input.from, transfer: input.transfer, side: "out", amount: input.amount }),
    undo: {
      name: "CancelWithdrawal",
      task: cancel,
      input: ({ input }) => ({ account: input.from, transfer: input.transfer, side: "out" }),
    },
  })
  .step("Deposit", {
    task: book,
    input: ({ input }) => ({ account: input.to, transfer: input.transfer, side: "in", amount: input.amount }),
    undo: {
      name: "CancelDeposit",
      task: cancel,
      input: ({ input }) => ({ account: input.to, transfer: input.transfer, side: "in" }),
    },
  })
  .returns(({ input }) => ({ transfer: input.transfer }));
