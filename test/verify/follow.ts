import { type DeclaredCall, readDeclaration, verify, type Violation } from "../../saga/verify";
import { type MutableLevel, type MutableState, stateOf } from "./mutations";

/** Where a hint is followed: in the definition, and in the declared calls. */
interface Followed {
  readonly calls: Record<string, DeclaredCall>;
  readonly violation: Violation;
}
/** Does what a hint says. */
type Follow = (machine: MutableLevel, groups: readonly string[], followed: Followed) => void;

const lead = (state: MutableState, to: string): void => {
  delete state.End;
  state.Next = to;
};

const innerOf = ({ Branches = [], ItemProcessor }: MutableState): readonly MutableLevel[] =>
  ItemProcessor ? [ItemProcessor] : Branches;
const levelsOf = (level: MutableLevel): readonly MutableLevel[] => [
  level,
  ...Object.values(level.States).flatMap(innerOf).flatMap(levelsOf),
];
const statesOf = (machine: MutableLevel): readonly (readonly [string, MutableState])[] =>
  levelsOf(machine).flatMap(({ States }) => Object.entries(States));
const isJsonata = (machine: MutableLevel): boolean => machine["QueryLanguage"] === "JSONata";

/** Adds a catcher, in JSONata mode with the failure, as the other steps of these machines keep it. */
function catching(machine: MutableLevel, name: string, error: string, to: string): void {
  const state = stateOf(machine, name);
  const said = (field: string): string => `$states.errorOutput.${field}`;
  const failure = `{% {'saga': 'S', 'step': '${name}', 'error': ${said("Error")}, 'cause': ${said("Cause")}} %}`;
  const kept = isJsonata(machine) ? { Assign: { failure } } : { ResultPath: "$.error" };
  const entry = { ErrorEquals: [error], ...kept, Next: to };
  const all = state.Catch?.find(({ ErrorEquals }) => ErrorEquals.includes("States.ALL"));
  if (error === "States.ALL" && all) all.Next = to;
  else state.Catch = error === "States.ALL" ? [...(state.Catch ?? []), entry] : [entry, ...(state.Catch ?? [])];
}

/** A Fail for what was undone, put there where there is none. */
function compensated(machine: MutableLevel): string {
  machine.States["Compensated"] ??= { Type: "Fail", Error: "SagaCompensated" };
  return "Compensated";
}

/** Leaves a state out of its level: what leads to it leads to another one. */
function leaveOut(machine: MutableLevel, name: string, to?: string): void {
  for (const level of levelsOf(machine)) {
    Reflect.deleteProperty(level.States, name);
    for (const state of Object.values(level.States)) {
      for (const from of [state, ...(state.Catch ?? []), ...(state.Choices ?? [])]) {
        if (to !== undefined && from.Next === name) from.Next = to;
      }
    }
  }
}

/** The `saga` in the payload of a call. */
const identityOf = (machine: MutableLevel, name: string): Record<string, unknown> =>
  (stateOf(machine, name)["Arguments"] as { readonly Payload: { readonly saga: Record<string, unknown> } }).Payload
    .saga;

const nameOf = (machine: MutableLevel, name: string) => stateOf(machine, name)["Arguments"] as { Name: string };
const sourceIn = (value: unknown): string => /^\{%([\s\S]*)%\}$/.exec(String(value))?.[1]?.trim() ?? "";

/** The path of the records that a Choice tests: `$.filled`. */
const testedBy = ({ Choices: [first] = [] }: MutableState): string | undefined =>
  /^\$\.\w+/.exec(String(first?.["Variable"]))?.[0];

/** Lets a Choice lead somewhere if the record of a branch says that it failed. */
const test = ({ Choices = [] }: MutableState, branch: string, Next: string): void => {
  Choices.push({ Variable: `${branch}.ok`, BooleanEquals: false, Next } as unknown as (typeof Choices)[number]);
};

/**
 * Leads to a Choice from the state whose records it tests, and to a Pass that takes the failure out of a record from the
 * Choice that tests the records. Leaves any other state out.
 */
const reach: Follow = (machine, _, { violation: { state: name = "" } }) => {
  const state = stateOf(machine, name);
  const all = statesOf(machine).map(([, each]) => each);
  const holder = all.find(({ ResultPath }) => ResultPath !== undefined && ResultPath === testedBy(state));
  const [, branch, records] = /^((\$\.\w+)\[\d+\])\.failure$/.exec(String(state["InputPath"])) ?? [];
  const choice = all.find((each) => records !== undefined && testedBy(each) === records);
  if (holder) lead(holder, name);
  else if (choice && branch !== undefined) test(choice, branch, name);
  else leaveOut(machine, name);
};

/** Tests the record of each branch that a Choice does not test yet. */
const decide: Follow = (machine, [name = "", holder = "", undos = ""]) => {
  const choice = stateOf(machine, name);
  const { Branches = [], ResultPath } = stateOf(machine, holder);
  Branches.forEach((_, index) => {
    const branch = `${String(ResultPath)}[${index}]`;
    const isTested = choice.Choices?.some(({ Variable }) => String(Variable).startsWith(branch));
    if (!isTested) test(choice, branch, undos.split(" and ")[0] ?? "");
  });
};

/** Makes a Pass of a state, with a record as another branch ends with. */
const record: Follow = (machine, [name = ""]) => {
  const level = levelsOf(machine).find(({ States }) => name in States) as MutableLevel;
  const beside = statesOf(machine).find(([, { Branches = [] }]) => Branches.includes(level))?.[1].Branches ?? [];
  const other = beside.flatMap(({ States }) => Object.values(States)).find(({ Type, End }) => Type === "Pass" && End);
  const step = Object.entries(level.States).find(([, { Catch }]) => Catch?.some(({ Next }) => Next === name))?.[0];
  const made = structuredClone(other) as MutableState & {
    readonly Parameters: { readonly failure: { step?: string } };
  };
  made.Parameters.failure.step = step ?? name;
  level.States[name] = made;
};

/** Guards an expression by the type that its field takes. */
const guard: Follow = (machine, _, { violation: { state: name = "", message } }) => {
  const [, field = ""] = /^.+?, (\w+): /.exec(message) ?? [];
  if (field !== "Items") throw new Error(`nobody knows how to guard ${field}`);
  const state = stateOf(machine, name);
  const source = sourceIn(state[field]);
  state[field] = `{% $type(${source}) = 'array' ? ${source} : [] %}`;
};

const FOLLOWED: readonly (readonly [pattern: RegExp, follow: Follow])[] = [
  [/^Give (.+) a TimeoutSeconds$/, (machine, [name = ""]) => (stateOf(machine, name)["TimeoutSeconds"] = 30)],
  [/^Give every state its own timeout instead$/, (machine) => delete machine["TimeoutSeconds"]],
  [
    /^Let (.+) retry States\.ALL, for hours$/,
    (machine, [name = ""]) =>
      (stateOf(machine, name).Retry = [{ ErrorEquals: ["States.ALL"], MaxAttempts: 20, MaxDelaySeconds: 600 }]),
  ],
  [
    /^Let (.+) retry only transient errors, by their names$/,
    (machine, [name = ""]) => delete stateOf(machine, name).Retry,
  ],
  [
    /^Let (.+) retry (.+)$/,
    (machine, [name = "", errors = ""]) => {
      const state = stateOf(machine, name);
      state.Retry = [...(state.Retry ?? []), { ErrorEquals: errors.split(", "), MaxAttempts: 6 }];
    },
  ],
  [
    /^Give Retry\[(\d+)\] of (.+) MaxAttempts above 0$/,
    (machine, [index, name = ""]) =>
      Object.assign(stateOf(machine, name).Retry?.[Number(index)] ?? {}, { MaxAttempts: 6 }),
  ],
  [
    /^Put Retry\[(\d+)\] of (.+) before Retry\[(\d+)\]$/,
    (machine, [from, name = "", to]) => {
      const { Retry = [] } = stateOf(machine, name);
      Retry.splice(Number(to), 0, ...Retry.splice(Number(from), 1));
    },
  ],
  [
    /^Give (.+) a catcher of its own for States\.DataLimitExceeded, before States\.ALL$/,
    (machine, [name = ""]) => {
      const all = stateOf(machine, name).Catch?.find(({ ErrorEquals }) => ErrorEquals.includes("States.ALL"));
      catching(machine, name, "States.DataLimitExceeded", all?.Next ?? compensated(machine));
    },
  ],
  [
    /^Let (.+) lead to a Fail with Error SagaCompensated$/,
    (machine, [name = ""]) => {
      const state = stateOf(machine, name);
      if (state.Type === "Task") lead(state, compensated(machine));
      else {
        for (const field of Object.keys(state)) Reflect.deleteProperty(state, field);
        Object.assign(state, { Type: "Fail", Error: "SagaCompensated" });
      }
    },
  ],
  [
    /^Give (.+) the Error SagaCompensated$/,
    (machine, [name = ""]) => (stateOf(machine, name)["Error"] = "SagaCompensated"),
  ],
  [
    /^Give (.+) a Cause that is JSON: /,
    (machine, [name = ""]) => {
      const state = stateOf(machine, name);
      delete state["Cause"];
      state["CausePath"] = "States.JsonToString($.error)";
    },
  ],
  [
    /^Give (.+) a Catch for States\.ALL that leads to (.+)$/,
    (machine, [name = "", to = ""]) => {
      catching(machine, name, "States.ALL", /^a Fail /.test(to) ? compensated(machine) : to);
    },
  ],
  [
    /^Give (.+)'s Catch a ResultPath, such as (\S+), so that /,
    (machine, [name = "", path = ""]) => {
      for (const catcher of stateOf(machine, name).Catch ?? []) Object.assign(catcher, { ResultPath: path });
    },
  ],
  [
    /^Lead (.+)'s Catch to (.+)$/,
    (machine, [name = "", to = ""]) => {
      for (const catcher of stateOf(machine, name).Catch ?? []) catcher.Next = to;
    },
  ],
  [
    /^Lead to (.+) first, and from there on to (.+)$/,
    (machine, [first = "", then = ""]) => {
      for (const state of Object.values(machine.States)) {
        if (state !== machine.States[first] && state.Next === then) state.Next = first;
        for (const catcher of state.Catch ?? []) if (catcher.Next === then) catcher.Next = first;
      }
      lead(stateOf(machine, first), then);
    },
  ],
  [/^Give (.+) no Catch: /, (machine, [name = ""]) => delete stateOf(machine, name).Catch],
  [/^Remove (.+)'s Retry: /, (machine, [name = ""]) => delete stateOf(machine, name).Retry],
  [
    /^Leave (.+) out: begin with (.+)$/,
    (machine, [name = "", next = ""]) => {
      machine.StartAt = next;
      leaveOut(machine, name);
    },
  ],
  [
    /^Leave (.+) out: lead to (.+) instead$/,
    (machine, [name = "", to = ""]) => {
      leaveOut(machine, name, to);
    },
  ],
  [
    /^Declare (.+) as the "release" of (.+), or leave /,
    (_, [name = "", action = ""], { calls }) => {
      calls[action] = { ...(calls[action] as DeclaredCall), release: name };
    },
  ],
  [/^Lead to it, or delete it$/, reach],
  [/^Let (.+) test the record of every branch of (.+): it goes on if all are done, else to (.+)$/, decide],
  [/^Make (.+) a Pass that ends its branch with a record of the failure$/, record],
  [
    /^Let (.+) undo every call of .+: go through the same list as (.+)$/,
    (machine, [name = "", other = ""]) => (stateOf(machine, name)["Items"] = stateOf(machine, other)["Items"]),
  ],
  [/^Guard it with \$exists or \$type, or put it into an object's field$/, guard],
  [/^Give (.+) the saga\.id (\{%.+%\})$/, (machine, [name = "", id]) => (identityOf(machine, name)["id"] = id)],
  [
    /^Give (.+) the saga\.id and saga\.step of (.+)$/,
    (machine, [name = "", action = ""]) => Object.assign(identityOf(machine, name), identityOf(machine, action)),
  ],
  [
    /^Give (.+) an identity of its own: a saga\.step with the name of the step, /,
    (machine, [name = ""]) => (identityOf(machine, name)["step"] = name),
  ],
  [/^Give (.+) the Name (\{%.+%\})$/, (machine, [name = "", made = ""]) => (nameOf(machine, name).Name = made)],
  [
    /^Give (.+) the Name of (.+)$/,
    (machine, [name = "", action = ""]) => (nameOf(machine, name).Name = nameOf(machine, action).Name),
  ],
];

/**
 * Follows the first hint, verifies again, and so on until nothing is found.
 *
 * @returns the hints in their order
 * @throws if nobody knows how to follow a hint, or if the hints lead nowhere
 */
export function followed(definition: unknown, declaration: unknown): readonly string[] {
  const machine = structuredClone(definition) as MutableLevel;
  const read = readDeclaration(declaration);
  const calls = { ...read.calls };
  const hints: string[] = [];
  for (;;) {
    const [violation] = verify(machine, { ...read, calls }).violations;
    if (!violation) return hints;
    const [pattern, follow] = FOLLOWED.find(([one]) => one.test(violation.hint)) ?? [];
    const told = [...hints, `${violation.rule}: ${violation.message} → ${violation.hint}`].join("\n");
    if (!pattern || !follow) throw new Error(`nobody knows how to follow the last of these:\n${told}`);
    if (hints.length > 60) throw new Error(`the hints lead nowhere:\n${told}`);
    hints.push(violation.hint);
    follow(machine, pattern.exec(violation.hint)?.slice(1) ?? [], { calls, violation });
  }
}
