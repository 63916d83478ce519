// Refuses a saga, unless it is sound, in a process whose heap is too small for its search; then the program goes on.
import * as pulumi from "@pulumi/pulumi";
import { refuseUnsound } from "../../saga/deploy/soundness";
import { build } from "../generated/build";
import type { Spec } from "../generated/spec";

void pulumi.runtime.setMocks({
  newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }),
  call: ({ inputs }) => inputs as object,
});

const step = { kind: "step", definite: false } as const;

/** Branches within branches. */
const within = (depth: number): Spec => ({
  kind: "parallel",
  branches: [[step], depth === 0 ? [step] : [step, within(depth - 1)]],
});

const { saga } = build([within(Number(process.argv[2]))]);
const log = pulumi.log as { warn: typeof pulumi.log.warn };
log.warn = (message) => {
  console.log(`warning: ${message}`);
  return Promise.resolve();
};
refuseUnsound(saga, new pulumi.ComponentResource("test:verify:Saga", "large"));
console.log("the program goes on");
