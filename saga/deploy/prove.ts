import { compile, compileMachine, machinesOf } from "../compile";
import { declarationOf } from "../compile/declaration";
import type { Saga } from "../language/nodes";
import { type RawStates, type Verdict, verify } from "../verify";

/**
 * Verifies the definition to which a saga compiles, and those of its child sagas. The saga itself is last.
 * @param onProgress Is called during the search, with the number of states that it has visited.
 * @throws SagaDefinitionError `definition-too-large`
 * @throws SearchLimitError if the search exceeds its limit of states, time or memory
 */
export function prove(saga: Saga, onProgress?: (states: number) => void): readonly Verdict[] {
  const arnOf = ({ name }: { readonly name: string }): string => name;
  const children = machinesOf(saga).filter(({ purpose }) => purpose === "child");
  const machines = [
    ...children.map((child) => [child.saga, compileMachine(child, arnOf)] as const),
    [saga, compile(saga, arnOf)] as const,
  ];
  return machines.map(([of, machine]) => {
    // The verifier gets the definition that CreateStateMachine gets, and nothing else from the compiler.
    const definition = JSON.parse(JSON.stringify(machine)) as RawStates;
    return verify(definition, declarationOf(of), { onProgress });
  });
}
