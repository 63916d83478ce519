import { type Effect, type OutstandingEffects, mayHave, needsOne, push, pushFork } from "./effects";

type Test = (effect: Effect) => boolean;

/**
 * The first other effect that began after one of these effects. Undefined if there is none.
 * @throws NeedsChoice if that depends on the end of a branch
 */
export function above(outstanding: OutstandingEffects, test: Test): Effect | undefined {
  let last: Effect | undefined;
  for (let at = outstanding; at; at = at.rest) {
    const { top } = at;
    if (top.kind === "either") throw needsOne(top);
    if (top.kind === "effect") {
      if (!test(top)) last ??= top.told ? undefined : top;
      else if (last) return last;
      continue;
    }
    for (const branch of top.branches) {
      if (!mayHave(branch, test)) continue;
      const within = last ?? above(branch, test);
      if (within) return within;
    }
    for (const branch of top.branches) last ??= firstOther(branch, test);
  }
  return undefined;
}

function firstOther(outstanding: OutstandingEffects, test: Test): Effect | undefined {
  for (let at = outstanding; at; at = at.rest) {
    const { top } = at;
    if (top.kind === "either") throw needsOne(top);
    if (top.kind === "effect") {
      if (!test(top) && !top.told) return top;
      continue;
    }
    for (const branch of top.branches) {
      const found = firstOther(branch, test);
      if (found) return found;
    }
  }
  return undefined;
}

/**
 * Whether an effect passes the test.
 * @throws NeedsChoice if that depends on the end of a branch
 */
export function has(outstanding: OutstandingEffects, test: Test): boolean {
  for (let at = outstanding; at && mayHave(at, test); at = at.rest) {
    const { top } = at;
    if (top.kind === "effect" ? test(top) : top.kind === "fork" && top.branches.some((branch) => has(branch, test))) {
      return true;
    }
    if (top.kind === "either" && top.outstanding.some((each) => mayHave(each, test))) {
      throw needsOne(top);
    }
  }
  return false;
}

/**
 * Changes or removes effects at every depth.
 * @param keepFork Keeps the lowest fork in its place, even if it is empty.
 * @throws NeedsChoice if that depends on the end of a branch
 */
export function changeAll(
  outstanding: OutstandingEffects,
  test: Test,
  change: (effect: Effect) => Effect | undefined,
  keepFork = false,
): OutstandingEffects {
  if (!outstanding || !mayHave(outstanding, test)) return outstanding;
  const { top } = outstanding;
  if (top.kind === "either") throw needsOne(top);
  const rest = changeAll(outstanding.rest, test, change, keepFork);
  if (top.kind === "effect") {
    const changed = test(top) ? change(top) : top;
    return changed ? push(changed, rest) : rest;
  }
  const branches = top.branches.map((branch) => changeAll(branch, test, change));
  return keepFork && outstanding.rest === null ? push({ kind: "fork", branches }, rest) : pushFork(branches, rest);
}
