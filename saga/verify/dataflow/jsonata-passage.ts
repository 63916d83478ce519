import { innerOf, type RawState } from "../../asl/states";
import { ANYTHING, carryUnwritten, caught, type Data, leftover, listOf, type Origin } from "./data";
import { ExpressionReader, type Roots } from "./expressions";
import { type Fields, itemsOut, type Known, outcome, type Passage, way, type Way, waysOfCatch } from "./passage";
import { leftWithout } from "./received";

/**
 * Passes data through a state in JSONata mode. Without an Output, a Task, a Parallel and a Map put out their result, a Catch
 * its error, and any other state its input. Only the Arguments of a Task are searched for lost data: the lints check that
 * every other expression yields something.
 */
export function passInJsonata(name: string, state: RawState, known: Known): Passage {
  const by = (field: Origin["field"]): Origin => ({ state: name, field, jsonata: true });
  const { data: input } = known;
  const put = (from: Fields, otherwise: Data, roots: Roots): Data =>
    carryUnwritten(
      input,
      from["Output"] === undefined ? otherwise : new ExpressionReader(roots).fill(from["Output"], by("Output")),
    );
  const onward = (data: Data, event?: string): Way => way(known, state, { to: state.Next, data, event });
  const finished = (result: Data): Way => onward(put(state, result, { input, result }), `${name} is done`);
  const passage = (ways: readonly Way[], more: Partial<Passage> = {}): Passage => ({
    inside: [],
    lost: [],
    given: undefined,
    ...more,
    ways: [
      ...ways,
      ...waysOfCatch(name, state, known, (catcher) => {
        const errorOutput = caught(by("Catch"));
        const data = put(catcher, errorOutput, { input, errorOutput });
        return { data, whole: leftover(data)?.field === "Catch" };
      }),
    ],
  });
  const within = (raw: unknown, field: Origin["field"], otherwise: Data): Passage["inside"] => {
    const data = raw === undefined ? otherwise : new ExpressionReader({ input }).fill(raw, by(field));
    return innerOf(state).map((level) => ({ level, data, variables: known.variables }));
  };

  switch (state.Type) {
    case "Task": {
      const { Arguments: given } = state;
      const reader = new ExpressionReader({ input });
      reader.fill(given, by("Arguments"));
      return passage([finished(outcome(state, by("call")))], {
        // An undo may read what its action has not returned: JSONata leaves it out (S8).
        lost: reader.lost.filter(({ by: dropped }) => dropped !== undefined && dropped.field !== "unwritten"),
        given: given === undefined ? leftover(input) : leftWithout(reader.received, reader.identified),
      });
    }
    case "Parallel":
      return passage([finished(listOf(by("branches"), innerOf(state).length))], {
        inside: within(state["Arguments"], "Arguments", input),
      });
    case "Map":
      return passage([finished(itemsOut(state, by("branches")))], {
        inside: within(state["ItemSelector"], "ItemSelector", ANYTHING),
      });
    case "Choice":
      return passage([
        ...(state.Choices ?? []).map((rule) => {
          const to = rule["Next"] as string;
          return way(known, rule, { to, data: put(rule, input, { input }), event: `${name} goes to ${to}` });
        }),
        way(known, state, {
          to: state.Default,
          data: put(state, input, { input }),
          event: `${name} goes to ${state.Default ?? ""}`,
        }),
      ]);
    case "Fail":
      return passage([]);
    default:
      return passage([onward(put(state, input, { input }))]);
  }
}
