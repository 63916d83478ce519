import type { Declaration } from "../../saga/asl/declaration";
import type { JsonObject } from "./jsonata";
import type { Random } from "./random";
import { type Case, inputsOf } from "./sagas";

/** A definition and its declaration, to be changed. */
class Draft {
  readonly definition: any;
  readonly declaration: any;

  constructor(
    from: Case,
    readonly random: Random,
  ) {
    this.definition = structuredClone(from.definition);
    this.declaration = structuredClone(from.declaration);
  }

  /** Every state, with its name and the states beside it. */
  get states(): readonly Site[] {
    const within = (sequence: any): readonly Site[] =>
      Object.entries<any>(sequence.States).flatMap(([name, state]) => [
        { name, state, sequence },
        ...[...(state.Branches ?? []), ...(state.ItemProcessor ? [state.ItemProcessor] : [])].flatMap(within),
      ]);
    return within(this.definition);
  }

  of(type: string): readonly Site[] {
    return this.states.filter(({ state }) => state.Type === type);
  }

  get actions(): readonly Site[] {
    return this.of("Task").filter(({ name }) => name in this.declaration.calls);
  }

  get undos(): readonly Site[] {
    const undos = Object.values<any>(this.declaration.calls).map(({ undo }) => undo as unknown);
    return this.of("Task").filter(({ name }) => undos.includes(name));
  }

  /** Changes one of several, where there is any; undefined is no change. */
  one<T>(sites: readonly T[], change: (site: T) => unknown): boolean {
    return sites.length > 0 && change(this.random.pick(sites)) !== false;
  }

  /** Another state of the same sequence. */
  other({ name, sequence }: Site): string {
    const names = Object.keys(sequence.States).filter((each) => each !== name);
    return names.length > 0 ? this.random.pick(names) : name;
  }
}

interface Site {
  readonly name: string;
  readonly state: any;
  readonly sequence: any;
}

/** Changes a draft at one place, by lot; false where it has no such place. */
type Mutator = (draft: Draft) => boolean;

/** Every string of a part of a definition, and how it is replaced. */
function strings(value: any, see: (text: string, put: (text: string) => void) => void): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries<any>(value)) {
    if (typeof inner === "string") see(inner, (text) => (value[key] = text));
    else strings(inner, see);
  }
}

/** Replaces one of the matches in one of the states' own strings. */
function rewrite(draft: Draft, sites: readonly Site[], what: RegExp, by: (match: string) => string): boolean {
  const matches: (() => void)[] = [];
  for (const { state } of sites) {
    for (const field of Object.keys(state as object)) {
      if (field === "Branches" || field === "ItemProcessor") continue;
      strings({ [field]: state[field] }, (text, put) => {
        for (const match of text.matchAll(what)) {
          const [whole] = match;
          const changed = text.slice(0, match.index) + by(whole) + text.slice(match.index + whole.length);
          if (changed === text) continue;
          matches.push(() => {
            if (typeof state[field] === "string") state[field] = changed;
            else put(changed);
          });
        }
      });
    }
  }
  return draft.one(matches, (change) => {
    change();
  });
}

const rules = (sites: readonly Site[], field: "Retry" | "Catch"): readonly (Site & { rule: any; at: number })[] =>
  sites.flatMap((site) => (site.state[field] ?? []).map((rule: any, at: number) => ({ ...site, rule, at })));

const endsWith = (state: any): void => {
  delete state.Next;
  state.End = true;
};

const variables = (draft: Draft): readonly string[] => [
  ...new Set(
    draft.states.flatMap(({ state }) =>
      [state, ...(state.Catch ?? []), ...(state.Choices ?? [])].flatMap(({ Assign }) => Object.keys(Assign ?? {})),
    ),
  ),
];

const withAssign = (draft: Draft): readonly any[] =>
  draft.states.flatMap(({ state }) =>
    [state, ...(state.Catch ?? []), ...(state.Choices ?? [])].filter(({ Assign }) => Assign !== undefined),
  );

const records = (draft: Draft): readonly any[] =>
  draft.states.flatMap(({ state }) =>
    [state, ...(state.Catch ?? []), ...(state.Choices ?? [])].filter(
      ({ Output }) => typeof Output === "string" && Output.includes("'results'"),
    ),
  );

const STEP = /'step': (?:'\w+'|\(.*?\))(?=\})/g;
const NAME = /'S\d+'/g;
const undoMaps = (draft: Draft): readonly Site[] => draft.of("Map").filter(({ name }) => name.startsWith("Undo_"));
const doMaps = (draft: Draft): readonly Site[] => draft.of("Map").filter(({ name }) => !name.startsWith("Undo_"));
const undoParallels = (draft: Draft): readonly Site[] =>
  draft.of("Parallel").filter(({ name }) => name.startsWith("Undo_"));
const doParallels = (draft: Draft): readonly Site[] =>
  draft.of("Parallel").filter(({ name }) => !name.startsWith("Undo_"));
const joins = (draft: Draft): readonly Site[] => [...draft.of("Parallel"), ...draft.of("Map")];
const innerOf = (state: any): readonly any[] => [
  ...(state.Branches ?? []),
  ...(state.ItemProcessor ? [state.ItemProcessor] : []),
];
const doJoins = (draft: Draft): readonly Site[] => [...doParallels(draft), ...doMaps(draft)];
const chained = (draft: Draft): readonly Site[] => draft.undos.filter(({ state }) => state.Next !== undefined);
const conditions = (draft: Draft): readonly any[] => draft.of("Choice").flatMap(({ state }) => state.Choices as any[]);
const inside = (expression: string): string => expression.slice(2, -2).trim();
const calls = (draft: Draft, role: string): readonly any[] =>
  Object.values<any>(draft.declaration.calls).filter((call) => call.role === role);
const otherStep = (draft: Draft, name: string): string => {
  const others = draft.actions.map((site) => `'${site.name}'`).filter((each) => each !== name);
  return others.length > 0 ? draft.random.pick(others) : name;
};
const insert = (draft: Draft, { name, state, sequence }: Site, what: object): boolean => {
  if (state.Next === undefined) return false;
  const between = `Between_${name}`;
  sequence.States[between] = { Type: "Pass", ...what, Next: state.Next };
  state.Next = between;
  return draft.random.below(1) === 0;
};

/** Puts a condition before a state, by which it is left out. */
function onCondition({ name, state, sequence }: Site): boolean {
  if (state.Next === undefined) return false;
  const asked = `Asked_${name}`;
  for (const each of Object.values<any>(sequence.States)) {
    for (const from of [each, ...(each.Catch ?? []), ...(each.Choices ?? [])])
      if (from.Next === name) from.Next = asked;
    if (each.Default === name) each.Default = asked;
  }
  if (sequence.StartAt === name) sequence.StartAt = asked;
  const Assign = state.Assign && Object.fromEntries(Object.keys(state.Assign as object).map((key) => [key, null]));
  const Condition = "{% $states.context.Execution.Input.f99 = true %}";
  const rule = { Condition, Next: state.Next, ...(Assign && { Assign }) };
  sequence.States[asked] = { Type: "Choice", Choices: [rule], Default: name };
  return true;
}

export const MUTATORS: Readonly<Record<string, Mutator>> = {
  // What is caught, and where it leads.
  "a Catch is gone": (d) =>
    d.one(
      d.states.filter(({ state }) => state.Catch),
      ({ state }) => delete state.Catch,
    ),
  "a catcher is gone": (d) => d.one(rules(d.states, "Catch"), ({ state, at }) => state.Catch.splice(at, 1)),
  "a catcher leads elsewhere": (d) =>
    d.one(rules(d.states, "Catch"), (site) => {
      site.rule.Next = d.other(site);
    }),
  "all catchers of a state lead elsewhere": (d) =>
    d.one(
      d.states.filter(({ state }) => state.Catch),
      (site) => {
        const to = d.other(site);
        for (const rule of site.state.Catch) rule.Next = to;
      },
    ),
  "two catchers change places but for their errors": (d) =>
    d.one(
      d.states.filter(({ state }) => (state.Catch?.length ?? 0) > 1),
      ({ state }) => {
        const [first, ...rest] = state.Catch;
        const last = rest.at(-1);
        [first.ErrorEquals, last.ErrorEquals] = [last.ErrorEquals, first.ErrorEquals];
        state.Catch = [...rest, first];
      },
    ),
  "a catcher catches an error that nobody raises": (d) =>
    d.one(rules(d.states, "Catch"), ({ rule }) => {
      rule.ErrorEquals = ["Nobody.Raises"];
    }),
  "a catcher leaves timeouts out": (d) =>
    d.one(
      rules(d.states, "Catch").filter(({ rule }) => rule.ErrorEquals[0] === "States.ALL"),
      ({ rule }) => {
        rule.ErrorEquals = ["States.TaskFailed"];
      },
    ),
  "a catcher assigns nothing": (d) =>
    d.one(
      rules(d.states, "Catch").filter(({ rule }) => rule.Assign),
      ({ rule }) => delete rule.Assign,
    ),
  "a catcher forgets one variable": (d) =>
    d.one(
      rules(d.states, "Catch").filter(({ rule }) => rule.Assign),
      ({ rule }) => Reflect.deleteProperty(rule.Assign as object, d.random.pick(Object.keys(rule.Assign as object))),
    ),
  "a catcher outputs nothing": (d) =>
    d.one(
      rules(d.states, "Catch").filter(({ rule }) => rule.Output),
      ({ rule }) => {
        rule.Output = {};
      },
    ),
  "a timeout counts as a refusal": (d) =>
    d.one(
      rules(d.actions, "Catch").filter(({ rule }) => rule.ErrorEquals.includes("Refused")),
      ({ rule }) => rule.ErrorEquals.push("States.Timeout"),
    ),
  "any error counts as a refusal": (d) =>
    d.one(
      rules(d.actions, "Catch").filter(({ rule }) => rule.ErrorEquals.includes("Refused")),
      ({ rule }) => rule.ErrorEquals.push("States.TaskFailed"),
    ),
  "an undo that fails is passed over": (d) =>
    d.one(chained(d), ({ state }) => {
      state.Catch = [{ ErrorEquals: ["States.ALL"], Next: state.Next }];
    }),
  "an undo that times out is passed over": (d) =>
    d.one(chained(d), ({ state }) => {
      state.Catch = [{ ErrorEquals: ["States.Timeout"], Next: state.Next }];
    }),
  "an undo that fails starts again": (d) =>
    d.one(d.undos, ({ name, state }) => {
      state.Catch = [{ ErrorEquals: ["States.ALL"], Next: name }];
    }),
  "what follows the pivot is caught": (d) =>
    d.one(
      d.actions.filter(({ state }) => !state.Catch),
      (site) => {
        site.state.Catch = [{ ErrorEquals: ["States.ALL"], Next: d.other(site) }];
      },
    ),
  "undos side by side are caught": (d) =>
    d.one(
      joins(d).filter(({ name, state }) => name.startsWith("Undo_") && state.Next !== undefined),
      ({ state }) => {
        state.Catch = [{ ErrorEquals: ["States.ALL"], Next: state.Next }];
      },
    ),

  "a query that fails is passed over": (d) =>
    d.one(
      d.actions.filter(({ name, state }) => d.declaration.calls[name].role === "query" && state.Next && state.Catch),
      ({ name, state }) => {
        state.Catch = state.Catch.map(({ ErrorEquals }: any) => ({
          ErrorEquals,
          Next: state.Next,
          ...(state.Assign && { Assign: { [name]: null } }),
        }));
      },
    ),
  "an action that fails starts again": (d) =>
    d.one(rules(d.actions, "Catch"), ({ name, rule }) => {
      rule.Next = name;
    }),
  "a refusal leaves its branch, and is caught by its name": (d) =>
    d.one(
      doJoins(d).filter(({ state }) => state.Catch && JSON.stringify(innerOf(state)).includes('"Refused"')),
      (site) => {
        for (const inner of innerOf(site.state)) {
          for (const each of Object.values<any>(inner.States)) {
            each.Catch = each.Catch?.filter(({ ErrorEquals }: any) => ErrorEquals[0] === "States.DataLimitExceeded");
            if (each.Catch?.length === 0) delete each.Catch;
          }
        }
        const Next = d.random.pick([d.other(site), site.state.Catch[0].Next]);
        site.state.Catch.unshift({ ...site.state.Catch[0], ErrorEquals: ["Refused"], Next });
      },
    ),

  // What is tried again.
  "branches are tried again after a refusal": (d) =>
    d.one(
      doJoins(d).filter(({ state }) => JSON.stringify(innerOf(state)).includes('"Refused"')),
      ({ state }) => {
        for (const inner of innerOf(state)) for (const each of Object.values<any>(inner.States)) delete each.Catch;
        state.Retry = [{ ErrorEquals: [d.random.pick(["Refused", "States.Timeout"])], MaxAttempts: 2 }];
      },
    ),
  "a Retry is gone": (d) =>
    d.one(
      d.states.filter(({ state }) => state.Retry),
      ({ state }) => delete state.Retry,
    ),
  "an error is not tried again": (d) =>
    d.one(
      rules(d.states, "Retry").filter(({ rule }) => rule.ErrorEquals.length > 1),
      ({ rule }) => rule.ErrorEquals.splice(d.random.below(rule.ErrorEquals.length as number), 1),
    ),
  "a Retry has no attempt": (d) =>
    d.one(rules(d.states, "Retry"), ({ rule }) => {
      rule.MaxAttempts = 0;
    }),
  "an action is tried again whatever happens": (d) =>
    d.one(d.actions, ({ state }) => {
      state.Retry = [{ ErrorEquals: ["States.ALL"], MaxAttempts: 3 }];
    }),
  "a refusal is tried again": (d) =>
    d.one(
      rules(d.actions, "Catch").filter(({ rule }) => rule.ErrorEquals.includes("Refused")),
      ({ state }) => state.Retry.push({ ErrorEquals: ["Refused"], MaxAttempts: 2 }),
    ),
  "an undo is tried again for some errors only": (d) =>
    d.one(d.undos, ({ state }) => {
      state.Retry = [{ ErrorEquals: ["Lambda.ServiceException"], MaxAttempts: 12 }];
    }),
  "an undo is not tried again after a timeout": (d) =>
    d.one(d.undos, ({ state }) => {
      state.Retry[0].ErrorEquals = ["States.TaskFailed"];
    }),
  "branches or items are tried again": (d) =>
    d.one(joins(d), ({ state }) => {
      state.Retry = [{ ErrorEquals: ["States.ALL"], MaxAttempts: 2 }];
    }),
  "branches may fail, and are tried again": (d) =>
    d.one(
      joins(d).filter(({ state }) => JSON.stringify(state).includes('"Catch"')),
      ({ state }) => {
        for (const inner of [...(state.Branches ?? []), ...(state.ItemProcessor ? [state.ItemProcessor] : [])]) {
          for (const each of Object.values<any>(inner.States)) delete each.Catch;
        }
        state.Retry = [{ ErrorEquals: ["States.ALL"], MaxAttempts: 2 }];
      },
    ),

  // What follows what.
  "a state leads elsewhere": (d) =>
    d.one(
      d.states.filter(({ state }) => state.Next),
      (site) => {
        site.state.Next = d.other(site);
      },
    ),
  "a state is left out": (d) =>
    d.one(
      d.states.filter(({ state, sequence }) => sequence.States[state.Next]?.Next),
      ({ state, sequence }) => {
        state.Next = sequence.States[state.Next].Next;
      },
    ),
  "a state follows itself": (d) =>
    d.one(
      d.states.filter(({ state }) => state.Next),
      ({ name, state }) => {
        state.Next = name;
      },
    ),
  "a state is the last": (d) =>
    d.one(
      d.states.filter(({ state }) => state.Next),
      ({ state }) => {
        endsWith(state);
      },
    ),
  "the first state is left out": (d) =>
    d.one(
      d.states.filter(({ name, state, sequence }) => sequence.StartAt === name && state.Next),
      ({ state, sequence }) => {
        sequence.StartAt = state.Next;
      },
    ),
  "the last state leads back to the first": (d) =>
    d.one(
      d.states.filter(({ state }) => state.End),
      ({ state, sequence }) => {
        delete state.End;
        state.Next = sequence.StartAt;
      },
    ),
  "an undo is left out": (d) =>
    d.one(
      d.states.flatMap(({ state, sequence }) => {
        const undos = d.undos.map(({ name }) => name);
        return [state, ...(state.Catch ?? []), ...(state.Choices ?? [])]
          .filter(({ Next }) => undos.includes(Next as string) && sequence.States[Next].Next !== undefined)
          .map((from) => ({ from, sequence }));
      }),
      ({ from, sequence }) => {
        from.Next = sequence.States[from.Next].Next;
      },
    ),
  "an undo is left out, wherever it stands": (d) =>
    d.one(chained(d), ({ name, state, sequence }) => {
      for (const each of Object.values<any>(sequence.States)) {
        for (const from of [each, ...(each.Catch ?? []), ...(each.Choices ?? [])]) {
          if (from.Next === name) from.Next = state.Next;
        }
        if (each.Default === name) each.Default = state.Next;
      }
      Reflect.deleteProperty(sequence.States as object, name);
    }),
  "two undos change places": (d) =>
    d.one(
      chained(d).filter(({ state, sequence }) => sequence.States[state.Next]?.Type === "Task"),
      ({ name, state, sequence }) => {
        const { Next: first } = state;
        const after = sequence.States[first];
        // They keep their bodies with their names, so that what is declared of them still holds.
        for (const each of [...Object.values<any>(sequence.States), { Next: sequence.StartAt, start: true }]) {
          for (const from of [each, ...(each.Catch ?? []), ...(each.Choices ?? [])]) {
            if (from.Next === name) from.Next = first;
          }
          if (each.Default === name) each.Default = first;
          if (each.start) sequence.StartAt = each.Next;
        }
        state.Next = after.Next;
        if (after.End) endsWith(state);
        delete after.End;
        after.Next = name;
      },
    ),
  "two actions change places": (d) =>
    d.one(
      d.actions.filter(({ state, sequence }) => sequence.States[state.Next]?.Type === "Task"),
      ({ name, state, sequence }) => {
        const { Next: second } = state;
        const after = sequence.States[second];
        for (const each of Object.values<any>(sequence.States)) {
          for (const from of [each, ...(each.Choices ?? [])]) if (from.Next === name) from.Next = second;
          if (each.Default === name) each.Default = second;
        }
        if (sequence.StartAt === name) sequence.StartAt = second;
        state.Next = after.Next;
        if (after.End) endsWith(state);
        delete after.End;
        after.Next = name;
      },
    ),
  "an action is left out on a condition": (d) => d.one(d.actions, (site) => onCondition(site)),
  "an undo is left out on a condition": (d) => d.one(d.undos, (site) => onCondition(site)),
  "an undo ends the execution": (d) =>
    d.one(chained(d), ({ state }) => {
      endsWith(state);
    }),
  "an undo leads forward": (d) =>
    d.one(chained(d), ({ state, sequence }) => {
      const forward = d.actions.filter((site) => site.sequence === sequence).map(({ name }) => name);
      if (forward.length === 0) return false;
      state.Next = d.random.pick(forward);
      return true;
    }),
  "two states change places": (d) =>
    d.one(d.actions, (site) => {
      const other = d.other(site);
      const { sequence, name } = site;
      [sequence.States[name], sequence.States[other]] = [sequence.States[other], sequence.States[name]];
    }),
  "an action is a Pass": (d) =>
    d.one(d.actions, ({ name, state, sequence }) => {
      sequence.States[name] = {
        Type: "Pass",
        ...(state.Next ? { Next: state.Next } : { End: true }),
        ...(state.Assign && {
          Assign: Object.fromEntries(Object.keys(state.Assign as object).map((key) => [key, null])),
        }),
      };
    }),
  "an undo is a Pass": (d) =>
    d.one(d.undos, ({ name, state, sequence }) => {
      sequence.States[name] = { Type: "Pass", ...(state.Next ? { Next: state.Next } : { End: true }) };
    }),

  // What is remembered.
  "nothing is assigned": (d) => d.one(withAssign(d), (from) => delete from.Assign),
  "one variable is not assigned": (d) =>
    d.one(withAssign(d), (from) =>
      Reflect.deleteProperty(from.Assign as object, d.random.pick(Object.keys(from.Assign as object))),
    ),
  "a variable is null": (d) =>
    d.one(withAssign(d), (from) => {
      from.Assign[d.random.pick(Object.keys(from.Assign as object))] = null;
    }),
  "a variable has another one's value": (d) =>
    d.one(withAssign(d), (from) => {
      from.Assign[d.random.pick(Object.keys(from.Assign as object))] = `{% $${d.random.pick(variables(d))} %}`;
    }),
  "another variable is read": (d) =>
    rewrite(d, d.states, /\$[A-Z]\d+(_undo|_taken)?\b/g, () => `$${d.random.pick(variables(d))}`),
  "records are forgotten on the way": (d) =>
    d.one(
      variables(d).filter((name) => name.endsWith("_undo")),
      (name) =>
        d.one(
          d.states.filter(({ state, sequence }) => state.Next && sequence === d.definition),
          (site) => insert(d, site, { Assign: { [name]: d.random.pick([{}, null, []]) } }),
        ),
    ),
  "which side was taken is forgotten on the way": (d) =>
    d.one(
      variables(d).filter((name) => name.endsWith("_taken")),
      (name) =>
        d.one(
          d.states.filter(({ state, sequence }) => state.Next && sequence === d.definition),
          (site) => insert(d, site, { Assign: { [name]: d.random.pick(["then", "otherwise", null]) } }),
        ),
    ),
  "a Pass stands between": (d) =>
    d.one(
      d.states.filter(({ state }) => state.Next),
      (site) => insert(d, site, { Output: {} }),
    ),
  "the whole result is handed on": (d) =>
    d.one(
      d.states.filter(({ state }) => state.Output !== undefined),
      ({ state }) => delete state.Output,
    ),
  "nothing is handed on": (d) =>
    d.one(
      d.states.filter(({ state }) => typeof state.Output === "string"),
      ({ state }) => {
        state.Output = {};
      },
    ),
  "a record does not say where its undo begins": (d) =>
    d.one(
      records(d).filter(({ Output }) => Output.includes("'undo'")),
      (from) => {
        from.Output = from.Output.replace(/'undo': '\w+', /, "");
      },
    ),
  "a record says that its undo begins elsewhere": (d) =>
    d.one(
      records(d).filter(({ Output }) => Output.includes("'undo'")),
      (from) => {
        const to = d.random.pick(d.undos).name;
        from.Output = from.Output.replace(/'undo': '\w+'/, `'undo': '${to}'`);
      },
    ),
  "a record does not say that it failed": (d) =>
    d.one(
      records(d).filter(({ Output }) => Output.includes("'failure'")),
      (from) => {
        from.Output = from.Output.replace(/'failure': \{.*?\}, /, "");
      },
    ),
  "a record says that it failed": (d) =>
    d.one(
      records(d).filter(({ Output }) => !Output.includes("'failure'")),
      (from) => {
        from.Output = from.Output.replace("{% {", "{% {'failure': {'saga': 'Generated', 'step': 'S1', 'error': 'E'}, ");
      },
    ),
  "a record has no results": (d) =>
    d.one(records(d), (from) => {
      from.Output = from.Output.replace(/'results': \{[^{}]*\}/, "'results': {}");
    }),
  "a record has another item's index": (d) =>
    d.one(
      records(d).filter(({ Output }) => Output.includes("'index'")),
      (from) => {
        from.Output = from.Output.replace("'index': $states.input.index", "'index': 0");
      },
    ),
  "a record has no index": (d) =>
    d.one(
      records(d).filter(({ Output }) => Output.includes("'index'")),
      (from) => {
        from.Output = from.Output.replace("'index': $states.input.index, ", "");
      },
    ),
  "the records are those of another branch": (d) =>
    rewrite(d, d.states, /\$states\.result\[\d\]/g, (match) => match.replace(/\d/, (n) => String(1 - Number(n)))),
  "the first record stands for all": (d) =>
    rewrite(d, doMaps(d), /(?<=\{% )\$states\.result(?= %\})/g, () => "[$states.result[0]]"),

  // Who calls.
  "an action says another step's name": (d) => rewrite(d, d.actions, NAME, (name) => otherStep(d, name)),
  "an undo says another step's name": (d) => rewrite(d, d.undos, NAME, (name) => otherStep(d, name)),
  "the name of the execution stands for its ARN": (d) =>
    rewrite(d, d.of("Task"), /Execution\.Id/g, () => "Execution.Name"),
  "a state machine's ARN stands for an execution's": (d) =>
    rewrite(d, d.of("Task"), /Execution\.Id/g, () => "StateMachine.Id"),
  "a call does not say who calls": (d) => rewrite(d, d.of("Task"), /, 'saga': \{.*\}(?=\} %\})/g, () => ""),
  "a call does not say its step": (d) => rewrite(d, d.of("Task"), STEP, () => "'name': 'S1'"),
  "the item's index is left out": (d) => rewrite(d, d.of("Task"), / & '\[' & \$states\.input\.index & '\]'/g, () => ""),
  "the order stands for the execution": (d) =>
    rewrite(d, d.of("Task"), /context\.Execution\.Id/g, () => "context.Execution.Input.order"),
  "the item stands for its index": (d) =>
    rewrite(d, d.of("Task"), /(?<=& )\$states\.input\.index/g, () => "$states.input.item.item"),
  "the number of the try is part of who calls": (d) =>
    rewrite(d, d.of("Task"), STEP, (step) => `${step} & $string($states.context.State.RetryCount)`),
  "who calls is drawn by lot": (d) => rewrite(d, d.of("Task"), STEP, (step) => `${step} & $uuid()`),
  "the time is part of who calls": (d) => rewrite(d, d.of("Task"), STEP, (step) => `${step} & $now()`),
  "the state's name stands for the step's": (d) =>
    rewrite(d, d.of("Task"), STEP, () => "'step': $states.context.State.Name"),
  "an action and its undo say another step's name": (d) =>
    d.one(
      d.actions.filter(({ name }) => d.declaration.calls[name].undo),
      ({ name, state }) => {
        const other = otherStep(d, `'${name}'`);
        const undo = d.undos.find((site) => site.name === d.declaration.calls[name].undo);
        for (const each of [state, undo?.state]) {
          if (each) each.Arguments.Payload = each.Arguments.Payload.replaceAll(`'${name}'`, other);
        }
      },
    ),

  // How it ends.
  "the end has another Error": (d) =>
    d.one(d.of("Fail"), ({ state }) => {
      state.Error = "SagaFailed";
    }),
  "the Cause is no JSON": (d) =>
    d.one(d.of("Fail"), ({ state }) => {
      state.Cause = "it failed";
    }),
  "there is no Cause": (d) => d.one(d.of("Fail"), ({ state }) => delete state.Cause),
  "the Cause is that of the failure alone": (d) =>
    d.one(d.of("Fail"), ({ state }) => {
      state.Cause = "{% $string($failure.cause) %}";
    }),
  "what was undone ends well": (d) =>
    d.one(d.of("Fail"), ({ name, sequence }) => {
      sequence.States[name] = { Type: "Succeed" };
    }),
  "what is done ends badly": (d) =>
    d.one(
      d.states.filter(({ state, sequence }) => state.End && sequence === d.definition),
      ({ state }) => {
        if (!d.definition.States.SagaCompensated) return false;
        delete state.End;
        state.Next = "SagaCompensated";
        return true;
      },
    ),
  "a branch ends in a failure": (d) =>
    d.one(
      d.of("Succeed").filter(({ sequence }) => sequence !== d.definition),
      ({ name, sequence }) => {
        sequence.States[name] = { Type: "Fail", Error: "BranchFailed", Cause: "" };
      },
    ),

  // How it calls.
  "nobody waits for an action": (d) =>
    d.one(d.actions, ({ state }) => {
      state.Arguments.InvocationType = "Event";
    }),
  "nobody waits for an undo": (d) =>
    d.one(d.undos, ({ state }) => {
      state.Arguments.InvocationType = "Event";
    }),
  "a call is a rehearsal": (d) =>
    d.one(d.of("Task"), ({ state }) => {
      state.Arguments.InvocationType = "DryRun";
    }),
  "a call waits for its answer": (d) =>
    d.one(d.of("Task"), ({ state }) => {
      state.Arguments.InvocationType = "RequestResponse";
    }),
  "two calls change their functions": (d) =>
    d.one(d.of("Task"), ({ state }) => {
      const other = d.random.pick(d.of("Task")).state.Arguments;
      const { FunctionName } = state.Arguments;
      [state.Arguments.FunctionName, other.FunctionName] = [other.FunctionName, FunctionName];
    }),
  "a task has no timeout": (d) => d.one(d.of("Task"), ({ state }) => delete state.TimeoutSeconds),
  "the machine has a timeout": (d) => {
    d.definition.TimeoutSeconds = 3600;
    return true;
  },

  // What decides.
  "a condition is turned round": (d) =>
    d.one(conditions(d), (rule) => {
      rule.Condition = `{% $not(${inside(rule.Condition as string)}) %}`;
    }),
  "a condition always holds": (d) =>
    d.one(conditions(d), (rule) => {
      rule.Condition = "{% true %}";
    }),
  "a condition never holds": (d) =>
    d.one(conditions(d), (rule) => {
      rule.Condition = "{% false %}";
    }),
  "a condition is no boolean": (d) =>
    d.one(conditions(d), (rule) => {
      rule.Condition = "{% 'true' %}";
    }),
  "a rule and the default change places": (d) =>
    d.one(d.of("Choice"), ({ state }) => {
      [state.Choices[0].Next, state.Default] = [state.Default, state.Choices[0].Next];
    }),
  "a rule is gone": (d) =>
    d.one(
      d.of("Choice").filter(({ state }) => state.Choices.length > 1),
      ({ state }) => state.Choices.splice(d.random.below(state.Choices.length as number), 1),
    ),
  "there is no default": (d) => d.one(d.of("Choice"), ({ state }) => delete state.Default),
  "a rule leads elsewhere": (d) =>
    d.one(d.of("Choice"), (site) => {
      d.random.pick(site.state.Choices as any[]).Next = d.other(site);
    }),
  "the default leads elsewhere": (d) =>
    d.one(d.of("Choice"), (site) => {
      site.state.Default = d.other(site);
    }),
  "the other side is asked for": (d) =>
    rewrite(d, d.of("Choice"), /'(then|otherwise)'/g, (side) => (side === "'then'" ? "'otherwise'" : "'then'")),
  "the failures of one branch decide": (d) =>
    rewrite(d, d.of("Choice"), /\.\*\.failure/g, () => `.b${d.random.below(2)}.failure`),
  "results decide instead of failures": (d) => rewrite(d, d.of("Choice"), /\.failure/g, () => ".results"),
  "a branch's undo begins by another record": (d) =>
    rewrite(d, [...d.of("Choice"), ...d.undos], /\.b\d\b/g, () => `.b${d.random.below(3)}`),
  "a branch's undo begins elsewhere": (d) =>
    rewrite(d, d.of("Choice"), /'U\d+'/g, () => `'${d.random.pick(d.undos).name}'`),

  // Lists.
  "no item is undone": (d) =>
    d.one(undoMaps(d), ({ state }) => {
      state.Items = [];
    }),
  "the items that failed alone are undone": (d) =>
    rewrite(d, undoMaps(d), /\$exists\(\$record\.undo\)/g, () => "$exists($record.failure)"),
  "the items that completed alone are undone": (d) =>
    rewrite(d, undoMaps(d), /\$exists\(\$record\.undo\)/g, () => "$not($exists($record.failure))"),
  "all items are undone": (d) => rewrite(d, undoMaps(d), /\$exists\(\$record\.undo\)/g, () => "true"),
  "the first item alone": (d) =>
    d.one(d.of("Map"), ({ state }) => {
      state.Items = `{% [(${inside(state.Items as string)})[0]] %}`;
    }),
  "all items but the first": (d) =>
    d.one(d.of("Map"), ({ state }) => {
      state.Items = `{% [$filter(${inside(state.Items as string)}, function($v, $i) {$i > 0})] %}`;
    }),
  "the items in reverse": (d) =>
    d.one(d.of("Map"), ({ state }) => {
      state.Items = `{% [$reverse(${inside(state.Items as string)})] %}`;
    }),
  "the items of another list": (d) =>
    rewrite(d, d.of("Map"), /Input\.l\d+/g, () => `Input.${d.random.pick(["l1", "l2", "l3", "l4", "l5", "order"])}`),
  "the records of another list": (d) =>
    rewrite(d, undoMaps(d), /\$\w+_undo\b/g, () => `$${d.random.pick(variables(d))}`),
  "an absent list is no list": (d) => rewrite(d, d.of("Map"), /: \[\]/g, () => ": null"),
  "what is lost is not looked for": (d) =>
    rewrite(d, undoMaps(d), /(?<=\] : )\(\$given\.list.*\)(?=\) %\})/g, () => "[]"),
  "each item is given less": (d) =>
    d.one(d.of("Map"), ({ state }) => {
      const { Value, Index } = { Value: "$states.context.Map.Item.Value", Index: "$states.context.Map.Item.Index" };
      state.ItemSelector = d.random.pick<object>([
        { item: `{% ${Value}.item %}` },
        { item: `{% ${Value}.item %}`, index: 0 },
        { item: `{% ${Value}.item %}`, index: `{% ${Index} %}` },
        { item: `{% ${Value}.item %}`, index: `{% ${Value}.index %}` },
      ]);
    }),
  "the branches are given less": (d) =>
    d.one(d.of("Parallel"), ({ state }) => {
      state.Arguments = d.random.pick<object>([{}, { index: 0 }, { index: "{% $states.input.index %}" }]);
    }),
  "one item at a time": (d) =>
    d.one(d.of("Map"), ({ state }) => {
      state.MaxConcurrency = 1;
    }),

  // Branches.
  "a branch is not undone": (d) =>
    d.one(undoParallels(d), ({ state }) => state.Branches.splice(d.random.below(state.Branches.length as number), 1)),
  "a branch is gone": (d) =>
    d.one(
      doParallels(d).filter(({ state }) => state.Branches.length > 1),
      ({ state }) => state.Branches.pop(),
    ),
  "the branches of an undo change places": (d) => d.one(undoParallels(d), ({ state }) => state.Branches.reverse()),
  "the branches change places": (d) =>
    d.one(
      doParallels(d).filter(({ state }) => state.Branches.length > 1),
      ({ state }) => state.Branches.reverse(),
    ),
  "branches are given up before they settle": (d) =>
    d.one(joins(d), ({ state }) => {
      const inner = state.Branches?.[0] ?? state.ItemProcessor;
      for (const each of Object.values<any>(inner.States)) delete each.Catch;
    }),

  // What is declared.
  "two calls change their undos": (d) =>
    d.one(calls(d, "compensable"), (call) => {
      const other = d.random.pick(calls(d, "compensable"));
      [call.undo, other.undo] = [other.undo, call.undo];
    }),
  "a step is declared a query": (d) =>
    d.one(calls(d, "compensable"), (call) => {
      call.role = "query";
      delete call.undo;
      delete call.definite;
    }),
  "a step is declared retriable": (d) =>
    d.one(calls(d, "compensable"), (call) => {
      call.role = "retriable";
      delete call.undo;
      delete call.definite;
    }),
  "a step is declared the pivot": (d) =>
    d.one(calls(d, "compensable"), (call) => {
      for (const pivot of calls(d, "pivot")) pivot.role = "compensable";
      call.role = "pivot";
    }),
  "the pivot is declared a step": (d) =>
    d.one(calls(d, "pivot"), (call) => {
      call.role = "compensable";
    }),
  "the pivot is declared to have no undo": (d) => d.one(calls(d, "pivot"), (call) => delete call.undo),
  "what follows the pivot is declared a query": (d) =>
    d.one(calls(d, "retriable"), (call) => {
      call.role = "query";
    }),
  "a query is declared retriable": (d) =>
    d.one(calls(d, "query"), (call) => {
      call.role = "retriable";
    }),
  "a refusal is not declared": (d) =>
    d.one(
      Object.values<any>(d.declaration.calls).filter(({ definite }) => definite),
      (call) => delete call.definite,
    ),
  "a refusal is declared that nobody catches": (d) =>
    d.one(calls(d, "compensable"), (call) => {
      call.definite = [...(call.definite ?? []), "NoFunds"];
    }),
  "another saga is declared": (d) => {
    d.declaration.saga = "Other";
    return true;
  },

  // Anything.
  "a field is gone": (d) =>
    d.one(fieldsOf(d.definition), ({ of, key }) =>
      Array.isArray(of) ? of.splice(Number(key), 1) : Reflect.deleteProperty(of as object, key),
    ),
  "a value stands in another one's place": (d) =>
    d.one(fieldsOf(d.definition), ({ of, key }) => {
      const alike = fieldsOf(d.definition).filter(
        (other) => other.key === key && typeof other.of[key] === typeof of[key],
      );
      of[key] = structuredClone(d.random.pick(alike).of[key]);
    }),
  "an expression stands in another one's place": (d) =>
    d.one(fieldsOf(d.definition).filter(isQuery), ({ of, key }) => {
      const other = d.random.pick(fieldsOf(d.definition).filter(isQuery));
      of[key] = other.of[other.key];
    }),
  "a name in an expression is another one's": (d) =>
    rewrite(d, d.states, /'[A-Z]\w*\d+\w*'|\$[A-Z]\w+|\.[a-z]\w*/g, (match) => {
      const kind = match.charAt(0);
      const all = JSON.stringify(d.definition).match(/'[A-Z]\w*\d+\w*'|\$[A-Z]\w+|\.[a-z]\w*/g) ?? [];
      return d.random.pick(all.filter((other) => other.startsWith(kind)));
    }),
};

interface Field {
  readonly of: any;
  readonly key: string;
}

const fieldsOf = (value: any): readonly Field[] =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries<any>(value).flatMap(([key, inner]) => [{ of: value, key }, ...fieldsOf(inner)]);

const isQuery = ({ of, key }: Field): boolean => typeof of[key] === "string" && of[key].startsWith("{%");

/** Takes away what nothing leads to any more, as whoever edits a definition has to. */
function prune(sequence: any): void {
  const reached = new Set<string>([sequence.StartAt]);
  for (const name of reached) {
    const state = sequence.States[name];
    if (!state) continue;
    for (const { Next } of [state, ...(state.Catch ?? []), ...(state.Choices ?? [])])
      if (Next) reached.add(Next as string);
    if (state.Default) reached.add(state.Default as string);
    for (const inner of [...(state.Branches ?? []), ...(state.ItemProcessor ? [state.ItemProcessor] : [])])
      prune(inner);
  }
  for (const name of Object.keys(sequence.States as object))
    if (!reached.has(name)) Reflect.deleteProperty(sequence.States as object, name);
}

/** A case changed in one way; undefined where it has no place for the change. */
export function mutate(from: Case, name: string, random: Random): Case | undefined {
  const draft = new Draft(from, random);
  const mutator = MUTATORS[name];
  if (!mutator?.(draft)) return undefined;
  try {
    prune(draft.definition);
  } catch {
    return undefined;
  }
  const { definition, declaration } = draft as { definition: JsonObject; declaration: Declaration };
  const same = JSON.stringify([definition, declaration]) === JSON.stringify([from.definition, from.declaration]);
  return same ? undefined : { definition, declaration, inputs: inputsOf(definition, random.below(1000)) };
}
