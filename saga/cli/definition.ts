import { definitionOf, mainMachine } from "../local/resources";
import type { LoadedProgram } from "./program";
import { printJson } from "./print";

/** `saga definition`: prints the definition of a saga, or of any state machine by its name, as it is deployed. */
export function definition({ program }: LoadedProgram, name: string | undefined): number {
  printJson(definitionOf(mainMachine(program, name)));
  return 0;
}
