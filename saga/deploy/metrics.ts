import * as pulumi from "@pulumi/pulumi";
import type { Machine } from "./machine";

/** The namespace of what this stack counts in logs, of one saga. */
export const metricsOf = ({ stateMachine }: Machine): pulumi.Output<string> =>
  pulumi.interpolate`Sagas/${stateMachine.name}`;

/** The age of the oldest execution that runs, in seconds; 0 where none does. */
export const OLDEST_RUNNING = "OldestRunning";
