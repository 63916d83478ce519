import type { Saga } from "../language";

/**
 * Tells of a saga that is deployed to whoever evaluates the program on a machine of their own, and wants to know what the
 * saga declares. In a deployment nobody listens. A symbol of the process is known to each copy of this package.
 */
export function register(component: string, saga: Saga): void {
  const registry = (globalThis as unknown as Record<symbol, Map<string, Saga> | undefined>)[REGISTRY];
  registry?.set(component, saga);
}

const REGISTRY = Symbol.for("saga-aws-pulumi.sagas");
