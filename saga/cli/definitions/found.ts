import type { Json } from "../../interpreter/json";
import type { Path, Place } from "./source";

/** A state machine in a file. */
export interface FoundMachine {
  /** By which it is asked for, and declared. */
  readonly name: string;
  /** Other names that it has in the file, or in the account. */
  readonly aliases: readonly string[];
  /** As CreateStateMachine takes it; a reference of which the file does not say what it becomes stands there as `${…}`. */
  readonly definition: Json;
  /** Where a part of the definition stands. */
  readonly place: (path: Path) => Place;
}

/** A state machine whose definition can't be read from the file. */
export interface UnreadMachine {
  readonly name: string;
  readonly aliases: readonly string[];
  /** Why not, and what to do: goes on from the machine's name. */
  readonly unread: string;
}

export type Found = FoundMachine | UnreadMachine;

export const isRead = (found: Found): found is FoundMachine => "definition" in found;

/** Why a definition can't be read. */
export class UnreadError extends Error {
  override readonly name = "UnreadError";
}

type Fields = Readonly<Record<string, Json>>;

/** The fields of an object; none, where it is something else. */
export const fieldsOf = (value: Json | undefined): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};

export const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

export const textOf = (value: Json | undefined): string | undefined => (typeof value === "string" ? value : undefined);
