import type { Comparison } from "./compare";

/** A kind of disagreement that is as it should be, or that is known. */
export interface Explained {
  readonly outcome: "false proof" | "false alarm";
  readonly why: string;
  readonly explains: (comparison: Pick<Comparison, "mutation" | "case" | "oracle" | "verifier">) => boolean;
}

export const EXPLAINED: readonly Explained[] = [];
