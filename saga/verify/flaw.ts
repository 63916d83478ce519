import type { Rule } from "./rules";

/** A violation that the definition shows without a path. */
export interface Flaw {
  readonly rule: Rule;
  /** The same for flaws of one kind. */
  readonly kind: string;
  readonly state: string | undefined;
  readonly message: string;
  readonly hint: string;
}
