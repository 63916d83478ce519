import type { Declaration } from "../asl/declaration";
import type { Saga } from "../language";

/**
 * Publishes a deployed saga to a local evaluation of the program, which reads its declaration. In a deployment nobody listens.
 * The symbol is global in the process, so every copy of this package shares it.
 */
export function register(component: string, saga: Saga): void {
  (registries[SAGAS] as Map<string, Saga> | undefined)?.set(component, saga);
}

/** Publishes the declaration of a machine. It is plain data, so another process may get it. */
export function registerDeclaration(component: string, declaration: Declaration): void {
  (registries[DECLARATIONS] as Map<string, Declaration> | undefined)?.set(component, declaration);
}

const registries = globalThis as unknown as Record<symbol, Map<string, unknown> | undefined>;
const SAGAS = Symbol.for("saga-aws-pulumi.sagas");
const DECLARATIONS = Symbol.for("saga-aws-pulumi.declarations");
