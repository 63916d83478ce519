import { fieldsOf, innerOf, type RawState, type RawStates } from "../../asl/states";
import { type Ast, expressionIn, readsOf, sourceOf } from "../expression";
import { absent, ANYTHING, type Data, read, write } from "./data";
import { isIntrinsic, referenceOf, referencesIn, type Segment } from "./reference";

/** A path that states of a level write, and which states do. */
interface Written {
  readonly path: string;
  readonly segments: readonly Segment[];
  readonly writers: readonly string[];
}

/**
 * The input of a level, in which the paths that the level itself writes are absent. The execution's input could have them,
 * but then the level would overwrite them.
 *
 * @param had Paths that the input has, as the machine shows.
 */
export function withoutWritten(level: RawStates, input: Data, had: ReadonlySet<string>): Data {
  const written = writtenIn(level)
    .filter(({ path }) => ![...had].some((one) => overlap(one, path)))
    .sort((one, other) => one.segments.length - other.segments.length);
  return written.reduce((data, { path, segments, writers }) => {
    if (read(data, segments) !== ANYTHING) return data;
    return write(data, segments, absent({ state: writers[0] as string, field: "unwritten", path, writers }));
  }, input);
}

/** Whether one path is a part of the other. */
const overlap = (one: string, other: string): boolean =>
  `${one}.`.startsWith(`${other}.`) || `${other}.`.startsWith(`${one}.`);

/** The paths of the input that a machine reads from the Context object. */
export function readFromContext(level: RawStates): readonly string[] {
  return Object.values(level.States).flatMap((state) => [
    ...fieldsOf(state).flatMap(({ value }) => {
      const said = String(value);
      const references = [referenceOf(said) ?? [], isIntrinsic(said) ? referencesIn(said) : []].flat();
      return references.flatMap(({ of, segments: [execution, input, ...path] }) =>
        of === "context" && execution === "Execution" && input === "Input" && path.length > 0 ? [pathOf(path)] : [],
      );
    }),
    ...innerOf(state).flatMap(readFromContext),
  ]);
}

const pathOf = (segments: readonly Segment[]): string => ["$", ...segments].join(".");

/** The paths that the states of a level write, without those of the levels within. */
function writtenIn({ States }: RawStates): readonly Written[] {
  const found = new Map<string, Written>();
  for (const [name, state] of Object.entries(States)) {
    for (const { segments, by } of writesOf(name, state)) {
      const path = pathOf(segments);
      const writers = new Set([...(found.get(path)?.writers ?? []), by]);
      found.set(path, { path, segments, writers: [...writers] });
    }
  }
  return [...found.values()];
}

function writesOf(
  name: string,
  state: RawState,
): readonly { readonly segments: readonly Segment[]; readonly by: string }[] {
  const at = (path: unknown, by: string): { segments: readonly Segment[]; by: string }[] => {
    const reference = typeof path === "string" ? referenceOf(path) : undefined;
    const isField = reference?.of === "data" && reference.segments.every((segment) => typeof segment === "string");
    return isField && reference.segments.length > 0 ? [{ segments: reference.segments, by }] : [];
  };
  return [
    ...at(state["ResultPath"], name),
    ...(state.Catch ?? []).flatMap((catcher) => at(catcher["ResultPath"], `${name}'s Catch`)),
    ...resultsIn(state["Output"]).map((field) => ({ segments: [field], by: name })),
  ];
}

/** The fields of an Output in JSONata mode that depend on the result of the state. */
function resultsIn(output: unknown): readonly string[] {
  if (sourceOf(output) !== undefined) {
    const ast = expressionIn(output);
    return ast ? resultsOf(ast) : [];
  }
  if (typeof output !== "object" || output === null || Array.isArray(output)) return [];
  return Object.entries(output).flatMap(([key, value]) => {
    const ast = expressionIn(value);
    return ast && readsResult(ast) ? [key] : [];
  });
}

const readsResult = (ast: Ast): boolean => readsOf(ast).states.has("result");

function resultsOf(ast: Ast): readonly string[] {
  if (ast.type === "unary" && ast.value === "{") {
    const pairs = ast.lhs as readonly (readonly [Ast, Ast])[];
    return pairs.flatMap(([key, value]) => (readsResult(value) ? [String(key.value)] : []));
  }
  return [...(ast.arguments ?? []), ...(ast.type === "unary" ? (ast.expressions ?? []) : [])].flatMap(resultsOf);
}
