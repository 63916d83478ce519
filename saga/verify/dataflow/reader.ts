import { ANYTHING, built, type Data, leftover, listOf, type Origin, plain, read } from "./data";
import { isIdentity, type Received } from "./received";
import { isIntrinsic, type Reference, referenceOf, referencesIn } from "./reference";

/** A read of data that is certainly absent. */
export interface Lost {
  readonly said: string;
  /** The field that has dropped it. Undefined if no field has: a Choice found it absent, or no path assigned the variable. */
  readonly by: Origin | undefined;
  readonly variable: boolean;
  /** The data is there, but it is the error of a Catch. */
  readonly error?: true;
}

/** Reads references for one state and notes absent data. A reference that is not understood may be anything. */
export class Reader {
  readonly lost: Lost[] = [];
  readonly received: Received[] = [];
  /** Whether a reference names the execution or the state. */
  identified = false;

  constructor(private readonly variables: ReadonlySet<string>) {}

  /** A path, or an intrinsic with paths among its arguments. */
  readonly look = (said: string, data: Data, as?: string): Data => {
    if (!isIntrinsic(said)) return this.follow(referenceOf(said), data, as);
    for (const reference of referencesIn(said)) this.follow(reference, data, as);
    // The result of an intrinsic, and of a reference that is not understood, is unknown.
    this.received.push({ leftover: undefined, as });
    return ANYTHING;
  };

  /** Evaluates a template, in which `"name.$"` is a field with a path. */
  readonly fill = (raw: unknown, data: Data, by: Origin): Data => {
    if (Array.isArray(raw)) {
      for (const item of raw) this.fill(item, data, by);
      return listOf(by, raw.length);
    }
    if (typeof raw !== "object" || raw === null) return plain(by);
    const fields = Object.entries(raw).map(([key, value]): [string, Data] =>
      key.endsWith(".$") && typeof value === "string"
        ? [key.slice(0, -2), this.look(value, data, key)]
        : [key, this.fill(value, data, by)],
    );
    return built(fields, by);
  };

  /** Applies InputPath or OutputPath. */
  choose(path: unknown, data: Data, by: Origin): Data {
    if (path === null) return plain(by);
    return typeof path === "string" ? this.look(path, data) : data;
  }

  private follow(reference: Reference | undefined, data: Data, as: string | undefined): Data {
    if (reference?.of === "context" && isIdentity(reference.segments)) {
      this.identified = true;
      return ANYTHING;
    }
    const whole = reference?.of === "data" && reference.segments.length === 0;
    this.received.push({ leftover: whole ? leftover(data) : undefined, as });
    if (reference === undefined || reference.of === "context") return ANYTHING;
    const { said, segments } = reference;
    if (reference.of === "variable") {
      if (!this.variables.has(reference.variable ?? "")) this.lost.push({ said, by: undefined, variable: true });
      return ANYTHING;
    }
    const found = read(data, segments);
    if (found === ANYTHING) return found;
    if (found.kind !== "absent") {
      const by = leftover(found);
      if (by?.field === "Catch" && by.path === said) this.lost.push({ said, by, variable: false, error: true });
      return found;
    }
    this.lost.push({ said, by: found.by, variable: false });
    return ANYTHING;
  }
}
