import type { Surroundings } from "./search/evaluate";
import { UNKNOWN, type Value } from "./search/value";

/** A value of a definition, which may hold expressions: the variables that it reads, as paths, and its evaluation. */
export interface Template {
  readonly yields: (around: Surroundings) => Value;
  readonly paths: readonly string[];
  /** Whether it is the unchanged input of the state. */
  readonly isInput: boolean;
  /** For parts of its value, the parts of the state's input on which they depend. If absent, these are all of `paths`. */
  readonly dependsOn?: (parts: Iterable<string>) => readonly string[];
}

/** An unknown value. */
export const NOTHING: Template = { yields: () => UNKNOWN, paths: [], isInput: false };
