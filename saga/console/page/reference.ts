import type { Declaration } from "../../asl/declaration";
import type { RawStates } from "../../asl/states";
import type { Violation } from "../../verify/rules";
import json from "./reference.json";
import type { SagaEntry } from "./wire";

const { definition, declaration, verdict } = json as unknown as {
  readonly definition: RawStates;
  readonly declaration: Declaration;
  readonly verdict: { readonly violations: readonly Violation[] };
};

/** The state machine of a tutorial, with the verifier's findings. It is not deployed anywhere. */
export const REFERENCE: SagaEntry = {
  name: "The tutorial's machine",
  machineArn: "",
  startable: false,
  definition,
  declaration,
  examples: [],
  verdict: { status: "unsound", summary: `${verdict.violations.length} violations`, violations: verdict.violations },
};
