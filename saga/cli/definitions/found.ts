import type { Json } from "../../interpreter/json";
import type { Path, Place } from "./source";

/** A state machine in a file. */
export interface FoundMachine {
  /** The name by which it is selected and declared. */
  readonly name: string;
  /** Other names that it has in the file, or in the account. */
  readonly aliases: readonly string[];
  /** The definition, as CreateStateMachine takes it. A reference that the file does not resolve is `${…}` in it. */
  readonly definition: Json;
  /** The place of a part of the definition. */
  readonly place: (path: Path) => Place;
}

/** A state machine whose definition can't be read from the file. */
export interface UnreadMachine {
  readonly name: string;
  readonly aliases: readonly string[];
  /** The reason, and what to do. It continues a sentence that begins with the machine's name. */
  readonly unread: string;
}

export type Found = FoundMachine | UnreadMachine;

export const isRead = (found: Found): found is FoundMachine => "definition" in found;

/** Why a definition can't be read. */
export class UnreadError extends Error {
  override readonly name = "UnreadError";
}

type Fields = Readonly<Record<string, Json>>;

/** The fields of an object; none if the value is something else. */
export const fieldsOf = (value: Json | undefined): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};

export const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

export const textOf = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined);
