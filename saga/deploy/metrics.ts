import * as pulumi from "@pulumi/pulumi";
import type { Machine } from "./machine";

/** The metric namespace of one saga of this stack. */
export const metricsOf = ({ stateMachine }: Machine): pulumi.Output<string> =>
  pulumi.interpolate`Sagas/${stateMachine.name}`;

/** The age of the oldest running execution, in seconds, or 0. */
export const OLDEST_RUNNING = "OldestRunning";
