// The main file of a process that proves one machine.

import type { Declaration } from "../../asl/declaration";
import { type RawStates, type Verdict, verify } from "../../verify";

export interface Asked {
  readonly definition: object;
  readonly declaration: Declaration;
}

/** The verdict, or why there is none. */
export type Proved = { readonly verdict: Verdict } | { readonly why: string };

function prove({ definition, declaration }: Asked): Proved {
  try {
    return { verdict: verify(definition as RawStates, declaration) };
  } catch (error) {
    return { why: `The verifier refused it: ${(error as Error).message}` };
  }
}

// The process ends with its parent.
process.once("disconnect", () => process.exit());
process.once("message", (asked: Asked) => {
  process.send?.(prove(asked), () => process.exit());
});
