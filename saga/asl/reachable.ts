import type { State, States } from "./types";

/** The reachable states, in the given order. An undo that no state leads to is left out of the machine. */
export function reachable<Arn>(start: string, states: ReadonlyMap<string, State<Arn>>): States<Arn> {
  const found = new Set([start]);
  for (const name of found) {
    const state = states.get(name);
    if (state) nextOf(state).forEach((next) => found.add(next));
  }
  return { StartAt: start, States: Object.fromEntries([...states].filter(([name]) => found.has(name))) };
}

function nextOf<Arn>(state: State<Arn>): readonly string[] {
  if (state.Type === "Choice") return [state.Default, ...state.Choices.map((rule) => rule.Next)];
  const next = "Next" in state ? [state.Next] : [];
  const caught = "Catch" in state ? (state.Catch ?? []).map((catcher) => catcher.Next) : [];
  return [...next, ...caught];
}
