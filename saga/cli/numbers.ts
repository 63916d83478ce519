import { UsageError } from "./usage-error";

/**
 * The value of `--port`.
 * @throws UsageError
 */
export function readPort(text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new UsageError(`--port must be a port from 0 to 65535, not '${text}'`);
}

/**
 * The value of `--most`.
 * @throws UsageError
 */
export function readMost(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new UsageError(`--most must be a whole number from 1 on, not '${text}'`);
}
