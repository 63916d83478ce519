import { definitionOf, mainMachine } from "../local/resources";
import type { LoadedProgram } from "./program";
import { printJson } from "./print";

/** The definition that is deployed: of a saga, or of any state machine by its own name. */
export function definition({ program }: LoadedProgram, name: string | undefined): number {
  printJson(definitionOf(mainMachine(program, name)));
  return 0;
}
