import { SagaDefinitionError } from "./errors";

/** A duration in whole seconds, the only unit of Step Functions. */
export interface Duration {
  readonly kind: "Duration";
  readonly seconds: number;
}

// The largest TimeoutSeconds that Step Functions accepts.
const LONGEST = 99_999_999;

/**
 * A duration of whole seconds, from 1 to 99,999,999.
 * @throws SagaDefinitionError `bad-duration`
 */
export function seconds(count: number): Duration {
  return duration(count, 1, "seconds");
}

/** A duration of minutes. @throws SagaDefinitionError `bad-duration` */
export function minutes(count: number): Duration {
  return duration(count, 60, "minutes");
}

/** A duration of hours. @throws SagaDefinitionError `bad-duration` */
export function hours(count: number): Duration {
  return duration(count, 3600, "hours");
}

/** A duration of days. @throws SagaDefinitionError `bad-duration` */
export function days(count: number): Duration {
  return duration(count, 86_400, "days");
}

function duration(count: number, unit: number, name: string): Duration {
  const total = count * unit;
  if (!Number.isInteger(total) || total < 1 || total > LONGEST) {
    throw new SagaDefinitionError(
      "bad-duration",
      {},
      `${name}(${count}) is not a duration that Step Functions can count`,
      `Use a whole number of seconds, from 1 to ${LONGEST.toLocaleString("en")}`,
    );
  }
  return Object.freeze({ kind: "Duration", seconds: total });
}
