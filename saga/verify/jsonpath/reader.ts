import { ANYTHING, catchOf, type Data, listOf, made, type Origin, plain, read } from "./data";
import { isIntrinsic, type Reference, referenceOf, referencesIn } from "./reference";

/** What a state reads that is certainly not there. */
export interface Lost {
  readonly said: string;
  /** What has thrown it away; undefined where nothing has put it there. */
  readonly by: Origin | undefined;
  readonly variable: boolean;
}

/** Reads references for one state, and notes what is not there. What is not understood may be anything. */
export class Reader {
  readonly lost: Lost[] = [];
  /** The Catches whose errors are read as a whole; undefined for what else is read. */
  readonly wholes: (Origin | undefined)[] = [];

  constructor(private readonly variables: ReadonlySet<string>) {}

  /** A path, or an intrinsic with paths among its arguments. */
  readonly look = (said: string, data: Data): Data => {
    if (!isIntrinsic(said)) return this.follow(referenceOf(said), data);
    for (const reference of referencesIn(said)) this.follow(reference, data);
    // What it makes of them, and of what is not told apart, is not known.
    this.wholes.push(undefined);
    return ANYTHING;
  };

  /** A template, in which `"name.$"` is a field that is read. */
  readonly fill = (raw: unknown, data: Data, by: Origin): Data => {
    if (Array.isArray(raw)) {
      for (const item of raw) this.fill(item, data, by);
      return listOf(by, raw.length);
    }
    if (typeof raw !== "object" || raw === null) return plain(by);
    const fields = Object.entries(raw).map(([key, value]): [string, Data] =>
      key.endsWith(".$") && typeof value === "string"
        ? [key.slice(0, -2), this.look(value, data)]
        : [key, this.fill(value, data, by)],
    );
    return made(new Map(fields), by);
  };

  /** InputPath, or OutputPath. */
  choose(path: unknown, data: Data, by: Origin): Data {
    if (path === null) return plain(by);
    return typeof path === "string" ? this.look(path, data) : data;
  }

  private follow(reference: Reference | undefined, data: Data): Data {
    this.wholes.push(reference?.of === "data" && reference.segments.length === 0 ? catchOf(data) : undefined);
    if (reference === undefined || reference.of === "context") return ANYTHING;
    const { said, segments } = reference;
    if (reference.of === "variable") {
      if (!this.variables.has(reference.variable ?? "")) this.lost.push({ said, by: undefined, variable: true });
      return ANYTHING;
    }
    const found = read(data, segments);
    if (found === ANYTHING || found.kind !== "absent") return found;
    this.lost.push({ said, by: found.by, variable: false });
    return ANYTHING;
  }
}
