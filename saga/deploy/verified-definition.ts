import * as pulumi from "@pulumi/pulumi";
import { type Declaration, DeclarationError, readDeclaration } from "../asl/declaration";
import { DefinitionError, readDefinition } from "../asl/definition";
import { isOpen } from "../asl/open-places";
import type { RawStates } from "../asl/states";
import { undeclaredIn, verify } from "../verify";
import { refuseUnlessProved } from "./soundness";

/** A definition in a program: an object or JSON, which may contain outputs or be one. */
export type DefinitionInput = pulumi.Input<string> | pulumi.Input<object>;

interface Proving {
  readonly declaration: Declaration;
  /** The resource that errors refer to. */
  readonly resource: pulumi.Resource;
}

/**
 * Proves a definition before a machine is made of it. As far as it has no outputs but in what its tasks call and give, that
 * is at once, and so in every preview; and once its outputs are known, with what they are.
 *
 * @returns The definition, which no machine gets that is not sound.
 * @throws ResourceError, RunError
 */
export function verifiedDefinition(name: string, definition: DefinitionInput, proving: Proving): pulumi.Output<object> {
  if (!pulumi.Output.isInstance(definition)) {
    const shape = shapeOf(definition);
    if (shape.provable) {
      prove(name, shape.definition, proving);
      if (!shape.outputs) return pulumi.output(shape.definition as object);
    }
  }
  const resolved = pulumi.output<object | string>(definition);
  tellWhereUnknown(name, resolved, proving.resource);
  return pulumi.output(pulumi.isSecret(resolved)).apply((secret) => {
    if (secret) throw said(new pulumi.RunError(secretIn(name)));
    return resolved.apply((known) => {
      try {
        return prove(name, known, proving);
      } catch (error) {
        throw said(error);
      }
    });
  });
}

interface Shape {
  readonly definition: unknown;
  readonly outputs: boolean;
  /** Whether all outputs are in places that the proof does not need. */
  readonly provable: boolean;
}

/** A definition with a reference in place of each output. */
function shapeOf(definition: object | string | PromiseLike<unknown>): Shape {
  if (typeof definition === "string") return { definition, outputs: false, provable: true };
  // One output is one reference, wherever it stands: two tasks may call the same function by it.
  const outputs = new Map<unknown, string>();
  let provable = true;
  const replaced = (value: unknown, path: readonly string[]): unknown => {
    if (pulumi.Output.isInstance(value) || value instanceof Promise) {
      provable &&= isOpen(path);
      if (!outputs.has(value)) outputs.set(value, `\${output ${outputs.size + 1}}`);
      return outputs.get(value);
    }
    if (Array.isArray(value)) return value.map((each, at) => replaced(each, [...path, String(at)]));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replaced(each, [...path, key])]));
  };
  const shape = replaced(definition, []);
  return { definition: shape, outputs: outputs.size > 0, provable };
}

/** @throws ResourceError, RunError */
function prove(name: string, given: unknown, { declaration, resource }: Proving): object {
  const refuse = (what: string): never => {
    throw new pulumi.RunError(`'${name}': ${what}`);
  };
  let definition: RawStates | undefined;
  try {
    readDeclaration(declaration);
    definition = readDefinition(typeof given === "string" ? JSON.parse(given) : JSON.parse(JSON.stringify(given)));
  } catch (error) {
    if (error instanceof SyntaxError) refuse(`its definition is not JSON: ${error.message}`);
    if (error instanceof DefinitionError) refuse(`its definition is no state machine: ${error.message}`);
    if (error instanceof DeclarationError) refuse(`its declaration can't be used: ${error.message}`);
    throw error;
  }
  const proved = definition;
  const undeclared = undeclaredIn(proved, declaration);
  if (undeclared.length > 0) {
    refuse(
      `its declaration does not say what ${undeclared.join(", ")} ${undeclared.length === 1 ? "is" : "are"}: add each to calls, or name it as the undo of another call`,
    );
  }
  refuseUnlessProved(declaration.saga, resource, () => [verify(proved, declaration)]);
  return proved;
}

/** In a preview, outputs of resources that do not exist yet are unknown. */
function tellWhereUnknown(name: string, resolved: pulumi.Output<unknown>, resource: pulumi.Resource): void {
  const { isKnown } = resolved as unknown as { readonly isKnown: Promise<boolean> };
  void isKnown.then((known) => {
    if (known) return;
    void pulumi.log.info(
      `'${name}' is verified in the update, before it is created: a preview does not know all values of its definition`,
      resource,
    );
  });
}

const secretIn = (name: string): string =>
  `'${name}': its definition has a secret in it, and whoever may see the state machine could read it there: ` +
  "give it to the function that is called, or say with pulumi.unsecret(…) that it is none";

/** Pulumi would otherwise put the name of a property before the message. */
function said(error: unknown): unknown {
  const { message } = error as Error;
  return Object.defineProperty(error as Error, "message", { get: () => message, set: () => undefined });
}
