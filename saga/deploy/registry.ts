import type { Declaration } from "../asl/declaration";
import type { Saga } from "../language";

/**
 * Tells of a saga that is deployed to whoever evaluates the program on a machine of their own, and wants to know what the
 * saga declares. In a deployment nobody listens. A symbol of the process is known to each copy of this package.
 */
export function register(component: string, saga: Saga): void {
  (registries[SAGAS] as Map<string, Saga> | undefined)?.set(component, saga);
}

/** The same of a machine, and of its declaration: data alone, which another process may be given. */
export function registerDeclaration(component: string, declaration: Declaration): void {
  (registries[DECLARATIONS] as Map<string, Declaration> | undefined)?.set(component, declaration);
}

const registries = globalThis as unknown as Record<symbol, Map<string, unknown> | undefined>;
const SAGAS = Symbol.for("saga-aws-pulumi.sagas");
const DECLARATIONS = Symbol.for("saga-aws-pulumi.declarations");
