// What a process runs that proves one machine.

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
    return { why: `It is not proved: ${(error as Error).message}` };
  }
}

// It goes with whoever has started it.
process.once("disconnect", () => process.exit());
process.once("message", (asked: Asked) => {
  process.send?.(prove(asked), () => process.exit());
});
