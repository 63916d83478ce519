import type { Declaration, DeclaredCall, Rule } from "../../saga/verify";

/** A definition as JSON that a mutation may change. */
export interface MutableState {
  Type: string;
  Next?: string;
  End?: boolean;
  Default?: string;
  Catch?: { ErrorEquals: string[]; Next: string; Assign?: Record<string, unknown>; Output?: string }[];
  Retry?: { ErrorEquals: string[]; [field: string]: unknown }[];
  Choices?: { Condition: string; Next: string; [field: string]: unknown }[];
  Branches?: MutableLevel[];
  ItemProcessor?: MutableLevel;
  [field: string]: unknown;
}
export interface MutableLevel {
  StartAt: string;
  States: Record<string, MutableState>;
  [field: string]: unknown;
}

/** A way in which people break sagas. */
export interface Mutation {
  readonly title: string;
  /** The rules of which one must be named; where several, it depends on what the mutant leaves behind. */
  readonly rules: readonly Rule[];
  /** Only sagas with branches can be broken like this. */
  readonly forks?: true;
  /** Breaks a copy of the definition, once for every place where it can be. */
  readonly sites: (machine: MutableLevel, declaration: Declaration) => readonly Site[];
}
export type Site = readonly [state: string, change: (machine: MutableLevel, calls: MutableCalls) => void];
type MutableCalls = Record<string, DeclaredCall>;

type Where = (name: string, state: MutableState, top: boolean) => boolean;

function walk(level: MutableLevel, visit: (name: string, state: MutableState, top: boolean) => void, top = true): void {
  for (const [name, state] of Object.entries(level.States)) {
    visit(name, state, top);
    for (const inner of [...(state.Branches ?? []), ...(state.ItemProcessor ? [state.ItemProcessor] : [])]) {
      walk(inner, visit, false);
    }
  }
}

/** The state of a name, in whichever level. */
export function stateOf(machine: MutableLevel, name: string): MutableState {
  let found: MutableState | undefined;
  walk(machine, (at, state) => {
    if (at === name) found = state;
  });
  if (!found) throw new Error(`no state ${name}`);
  return found;
}

/** A site for every state of some kind. */
function each(
  where: (declaration: Declaration) => Where,
  change: (state: MutableState, machine: MutableLevel, name: string, declaration: Declaration) => void,
): Mutation["sites"] {
  return (machine, declaration) => {
    const sites: Site[] = [];
    const wanted = where(declaration);
    walk(machine, (name, state, top) => {
      if (wanted(name, state, top)) {
        sites.push([
          name,
          (copy) => {
            change(stateOf(copy, name), copy, name, declaration);
          },
        ]);
      }
    });
    return sites;
  };
}

const role =
  (...roles: readonly string[]) =>
  (declaration: Declaration): Where =>
  (name) =>
    roles.includes(declaration.calls[name]?.role ?? "");
const action = role("compensable", "pivot");
const atTop =
  (where: (declaration: Declaration) => Where) =>
  (declaration: Declaration): Where =>
  (name, state, top) =>
    top && where(declaration)(name, state, top);
const isUndo = (declaration: Declaration): Where => {
  const undos = new Set(Object.values(declaration.calls).map(({ undo }) => undo));
  return (name) => undos.has(name);
};
const and =
  (where: (declaration: Declaration) => Where, also: Where) =>
  (declaration: Declaration): Where =>
  (name, state, top) =>
    where(declaration)(name, state, top) && also(name, state, top);
const hasNext: Where = (_name, { Next }) => Next !== undefined;

const undoOf = (declaration: Declaration, name: string): string => declaration.calls[name]?.undo as string;
const reroute = (state: MutableState, to: string): void => {
  for (const catcher of state.Catch ?? []) catcher.Next = to;
};
const entries = (state: MutableState): NonNullable<MutableState["Catch"]> => state.Catch ?? [];
/** The part of the chain of undos that is at the top: names in the order in which they run. */
function chain(machine: MutableLevel, declaration: Declaration): readonly string[] {
  const undo = isUndo(declaration);
  const inChain = Object.entries(machine.States).filter(
    ([name, state]) => undo(name, state, true) || name.startsWith("Undo_"),
  );
  const targets = new Set(inChain.map(([, { Next }]) => Next));
  const names: string[] = [];
  let at = inChain.map(([name]) => name).find((name) => !targets.has(name));
  while (at !== undefined && inChain.some(([name]) => name === at)) {
    names.push(at);
    at = machine.States[at]?.Next;
  }
  return names;
}

export const MUTATIONS: readonly Mutation[] = [
  {
    title: "an action has no Catch",
    rules: ["S2", "S10"],
    sites: each(action, (state) => delete state.Catch),
  },
  {
    title: "an action catches named errors only",
    rules: ["S2", "S10"],
    sites: each(action, (state) => {
      for (const catcher of entries(state))
        if (catcher.ErrorEquals[0] === "States.ALL") catcher.ErrorEquals = ["Refused"];
    }),
  },
  {
    title: "an action catches failures and no timeouts",
    rules: ["S2", "S10"],
    sites: each(action, (state) => {
      for (const catcher of entries(state)) {
        if (catcher.ErrorEquals[0] === "States.ALL") catcher.ErrorEquals = ["States.TaskFailed"];
      }
    }),
  },
  {
    title: "the first retrier of an undo that names a failure gives it up",
    rules: ["S4"],
    sites: each(isUndo, (state) => {
      state.Retry = [{ ErrorEquals: ["States.TaskFailed"], MaxAttempts: 0 }, ...(state.Retry ?? [])];
    }),
  },
  {
    title: "an undo leads round for ever",
    rules: ["S6"],
    sites: each(and(atTop(isUndo), hasNext), (state, machine) => {
      machine.States["Round"] = { Type: "Wait", Seconds: 5, Next: "Round" };
      state.Next = "Round";
    }),
  },
  {
    title: "the end of a compensated execution does not tell why",
    rules: ["S6"],
    sites: each(
      () => (name) => name === "SagaCompensated",
      (state) => {
        state["Cause"] = "something failed";
      },
    ),
  },
  {
    title: "a step that is declared retriable stands where no pivot has succeeded",
    rules: ["S9"],
    sites: (_machine, declaration) =>
      Object.entries(declaration.calls).flatMap(([name, { role: of }]): readonly Site[] =>
        of === "compensable" ? [[name, (_copy, calls) => (calls[name] = { role: "retriable" })]] : [],
      ),
  },
  {
    title: "an action leaves States.DataLimitExceeded to States.ALL",
    rules: ["S7"],
    sites: each(action, (state) => {
      state.Catch = entries(state).filter(({ ErrorEquals }) => ErrorEquals[0] === "States.ALL");
    }),
  },
  {
    title: "a Catch leads one undo short",
    rules: ["S2"],
    sites: each(atTop(action), (state, machine, name, declaration) => {
      reroute(state, stateOf(machine, undoOf(declaration, name)).Next as string);
    }),
  },
  {
    title: "a Catch leads to the undo of a later step",
    rules: ["S1"],
    sites: (machine, declaration) => {
      const names = Object.keys(machine.States);
      const later = (from: string): string | undefined =>
        names.slice(names.indexOf(from) + 1).find((name) => declaration.calls[name]?.undo !== undefined);
      return Object.entries(machine.States).flatMap(([name, { Type, Catch }]): Site[] => {
        const next = later(name);
        if (Type !== "Task" || !Catch || next === undefined) return [];
        return [
          [
            name,
            (copy) => {
              reroute(stateOf(copy, name), undoOf(declaration, next));
            },
          ],
        ];
      });
    },
  },
  {
    title: "a Catch leads past all undos",
    rules: ["S2"],
    sites: each(atTop(action), (state) => {
      reroute(state, "SagaCompensated");
    }),
  },
  {
    title: "a Catch leads on to the next step",
    rules: ["S2"],
    sites: each(and(atTop(action), hasNext), (state) => {
      reroute(state, state.Next as string);
    }),
  },
  {
    title: "two undos are swapped",
    rules: ["S1", "S2"],
    sites: (machine, declaration) => {
      const names = chain(machine, declaration);
      return names.slice(1).map((second, index): Site => {
        const first = names[index] as string;
        return [
          `${first}, ${second}`,
          (copy) => {
            const swap = (name: string | undefined): string | undefined =>
              name === first ? second : name === second ? first : name;
            const after = stateOf(copy, second).Next as string;
            stateOf(copy, second).Next = first;
            stateOf(copy, first).Next = after;
            walk(copy, (name, state) => {
              if (name === first || name === second) return;
              if (state.Next !== undefined) state.Next = swap(state.Next) as string;
              if (state.Default !== undefined) state.Default = swap(state.Default) as string;
              for (const catcher of entries(state)) catcher.Next = swap(catcher.Next) as string;
            });
          },
        ];
      });
    },
  },
  {
    title: "an undo is left out of the chain",
    rules: ["S1", "S10"],
    sites: (machine, declaration) =>
      chain(machine, declaration)
        .slice(1)
        .map((name): Site => [
          name,
          (copy) => {
            walk(copy, (_name, state) => {
              if (state.Next === name) state.Next = stateOf(copy, name).Next as string;
            });
          },
        ]),
  },
  {
    title: "an undo leads back to the first",
    rules: ["S1"],
    sites: (machine, declaration) => {
      const names = chain(machine, declaration);
      return [
        [
          names.at(-1) as string,
          (copy) => {
            stateOf(copy, names.at(-1) as string).Next = names[0] as string;
          },
        ],
      ];
    },
  },
  {
    title: "an undo has no Retry",
    rules: ["S4"],
    sites: each(isUndo, (state) => delete state.Retry),
  },
  {
    title: "an undo retries named errors only",
    rules: ["S4"],
    sites: each(isUndo, (state) => {
      for (const retrier of state.Retry ?? []) retrier.ErrorEquals = ["Lambda.ServiceException"];
    }),
  },
  {
    title: "a failed undo is caught, and ends in Fail",
    rules: ["S5"],
    sites: each(atTop(isUndo), (state) => {
      state.Catch = [{ ErrorEquals: ["States.ALL"], Next: "SagaCompensated" }];
    }),
  },
  {
    title: "a failed undo is caught, and passed over",
    rules: ["S5"],
    sites: each(atTop(isUndo), (state) => {
      state.Catch = [{ ErrorEquals: ["States.ALL"], Next: state.Next as string }];
    }),
  },
  {
    title: "an undo calls in the name of another step",
    rules: ["S11"],
    sites: each(isUndo, (state, _machine, name, declaration) => {
      const of = Object.keys(declaration.calls).find((call) => undoOf(declaration, call) === name) as string;
      const args = state["Arguments"] as { Payload: string };
      args.Payload = args.Payload.replace(new RegExp(`('step': .*)'${of}'`), "$1'Another'");
    }),
  },
  {
    title: "a call's name has the number of the try in it",
    rules: ["S11"],
    sites: each(
      (declaration) => (name, state, top) =>
        isUndo(declaration)(name, state, top) ||
        role("compensable", "pivot", "retriable")(declaration)(name, state, top),
      (state) => {
        const args = state["Arguments"] as { Payload: string };
        args.Payload = args.Payload.replace(
          /'step': (\([^{}]*\)|'[^']*')/,
          "'step': $1 & $string($states.context.State.RetryCount)",
        );
      },
    ),
  },
  {
    title: "a step after the pivot calls in the name of the pivot",
    rules: ["S11"],
    forks: true,
    sites: each(role("retriable"), (state, _machine, _name, { calls }) => {
      const pivot = Object.keys(calls).find((name) => calls[name]?.role === "pivot") as string;
      const args = state["Arguments"] as { Payload: string };
      args.Payload = args.Payload.replace(/'step': (\([^{}]*\)|'[^']*')/, `'step': '${pivot}'`);
    }),
  },
  {
    title: "a Catch forgets the failure",
    rules: ["S6"],
    sites: each(atTop(action), (state) => {
      for (const catcher of entries(state)) if (catcher.Assign) catcher.Assign["failure"] = null;
    }),
  },
  {
    title: "an object has one key twice",
    rules: ["S7"],
    sites: each(action, (state) => (state["Output"] = "{% {'once': 1, 'once': 2} %}")),
  },
  {
    title: "an undo in a branch, or of an item, hands on what it was answered",
    rules: ["S7"],
    forks: true,
    sites: each(
      (declaration) => (name, state, top) => !top && state.End === true && isUndo(declaration)(name, state, top),
      (state) => delete state["Output"],
    ),
  },
  {
    title: "an action retries refusals",
    rules: ["S4"],
    sites: each(action, (state) => {
      state.Retry = [{ ErrorEquals: ["States.ALL"], MaxAttempts: 3 }];
    }),
  },
  {
    title: "an action does not retry faults that pass",
    rules: ["S4"],
    sites: each(action, (state) => delete state.Retry),
  },
  {
    title: "a task has no timeout",
    rules: ["S7"],
    sites: each(
      () => (_name, state) => state.Type === "Task",
      (state) => delete state["TimeoutSeconds"],
    ),
  },
  {
    title: "the machine has a timeout",
    rules: ["S7"],
    sites: () => [
      [
        "the machine",
        (copy) => {
          copy["TimeoutSeconds"] = 300;
        },
      ],
    ],
  },
  {
    title: "a compensated execution succeeds",
    rules: ["S6"],
    sites: () => [
      [
        "SagaCompensated",
        (copy) => {
          copy.States["SagaCompensated"] = { Type: "Succeed" };
        },
      ],
    ],
  },
  {
    title: "a compensated execution fails with another error",
    rules: ["S6"],
    sites: each(
      () => (name) => name === "SagaCompensated",
      (state) => {
        state["Error"] = "OrderFailed";
      },
    ),
  },
  {
    title: "the cause of a compensated execution may raise an error",
    rules: ["S7"],
    sites: each(
      () => (name) => name === "SagaCompensated",
      (state) => {
        state["Cause"] = "{% $failure.cause %}";
      },
    ),
  },
  {
    title: "a variable is read before it is assigned",
    rules: ["assignment"],
    sites: (machine) => {
      const assigned = Object.values(machine.States).flatMap(({ Assign }) =>
        Object.keys((Assign as object | undefined) ?? {}),
      );
      const first = Object.entries(machine.States).find(([, { Type }]) => Type === "Task")?.[0] as string;
      return [
        [
          first,
          (copy) => {
            const args = stateOf(copy, first)["Arguments"] as { Payload: string };
            args.Payload = args.Payload.replace("{% {", `{% {'early': $${assigned.at(-1) as string}, `);
          },
        ],
      ];
    },
  },
  {
    title: "a Catch forgets the variable that its undo reads",
    rules: ["assignment"],
    sites: each(
      // The undo of CreateOrder reads nothing of it; that of branches always reads their records.
      () =>
        (name, { Catch }, top) =>
          top && ["ProcessPayment", "ProcessShipment", "Book"].includes(name) && Catch !== undefined,
      (state) => {
        for (const { Assign = {} } of entries(state)) {
          for (const name of Object.keys(Assign)) if (name !== "failure") Reflect.deleteProperty(Assign, name);
        }
      },
    ),
  },
  {
    title: "States.ALL stands beside another error",
    rules: ["definition"],
    sites: each(action, (state) => {
      state.Catch = entries(state).slice(-1);
      entries(state)[0]?.ErrorEquals.push("States.DataLimitExceeded");
    }),
  },
  {
    title: "a Pass keeps books on the way to success",
    rules: ["S13"],
    sites: each(and(atTop(action), hasNext), (state, machine) => {
      machine.States["Note"] = { Type: "Pass", Next: state.Next as string };
      state.Next = "Note";
    }),
  },
  {
    title: "a Choice on the way to success decides nothing",
    rules: ["S13"],
    sites: each(and(atTop(action), hasNext), (state, machine) => {
      const Next = state.Next as string;
      machine.States["Check"] = { Type: "Choice", Choices: [{ Condition: "{% true %}", Next }], Default: Next };
      state.Next = "Check";
    }),
  },
  {
    title: "a completed execution ends in Fail",
    rules: ["S1", "S5"],
    sites: each(
      () =>
        (_name, { End }, top) =>
          top && End === true,
      (state) => {
        delete state.End;
        delete state["Output"];
        state.Next = "SagaCompensated";
      },
    ),
  },
  {
    title: "a branch aborts the others",
    rules: ["S10"],
    forks: true,
    sites: each(
      (declaration) => (name, state, top) => !top && action(declaration)(name, state, top),
      (state, machine) => {
        for (const catcher of entries(state)) {
          const end = stateOf(machine, catcher.Next);
          for (const field of Object.keys(end)) Reflect.deleteProperty(end, field);
          Object.assign(end, { Type: "Fail", Error: "BranchFailed" });
        }
      },
    ),
  },
  {
    title: "nobody decides after the branches",
    rules: ["S10"],
    forks: true,
    sites: each(
      () =>
        (_name, { Type, Next }, top) =>
          top && Type === "Parallel" && Next?.endsWith("_settled") === true,
      (state, machine) => {
        state.Next = stateOf(machine, state.Next as string).Choices?.[0]?.Next as string;
      },
    ),
  },
  {
    title: "the decision after the branches takes failures for success",
    rules: ["S10"],
    forks: true,
    sites: each(
      () => (name, _state, top) => top && name.endsWith("_settled"),
      ({ Choices = [] }) => {
        for (const rule of Choices) rule.Condition = "{% true %}";
      },
    ),
  },
  {
    title: "the record of a failed item does not say where its undo begins",
    rules: ["S10"],
    forks: true,
    sites: each(
      (declaration) => (name, state, top) =>
        action(declaration)(name, state, top) && (state.Catch ?? []).some(({ Output }) => Output?.includes("'item'")),
      (state) => {
        for (const catcher of entries(state)) catcher.Output = catcher.Output?.replace(/'undo': '\w+', /, "") as string;
      },
    ),
  },
  {
    title: "the undo of a branch is left out",
    rules: ["S10"],
    forks: true,
    sites: each(
      () =>
        (name, { Type }) =>
          Type === "Parallel" && name.startsWith("Undo_"),
      ({ Branches = [] }) => {
        Branches.pop();
      },
    ),
  },
  {
    title: "one item of a list is undone, and the rest are not",
    rules: ["S10"],
    forks: true,
    sites: each(
      () =>
        (name, { Type }) =>
          Type === "Map" && name.startsWith("Undo_"),
      (state) => {
        state["Items"] = (state["Items"] as string).replace(/\{%(.*)%\}/s, "{% [($1)[0]] %}");
      },
    ),
  },
  {
    title: "a decision has no Default",
    rules: ["S7", "S10"],
    forks: true,
    sites: each(
      () =>
        (_name, { Type }) =>
          Type === "Choice",
      (state) => delete state.Default,
    ),
  },
  {
    title: "an expression of a Parallel may raise an error, which leads past the undos",
    rules: ["S10"],
    forks: true,
    sites: each(
      () =>
        (name, { Type, Catch }, top) =>
          top && Type === "Parallel" && Catch !== undefined && !name.startsWith("Undo_"),
      (state) => {
        state["Assign"] = { ...(state["Assign"] as object), sum: "{% $states.result[0].a + 1 %}" };
        for (const catcher of entries(state)) {
          if (catcher.ErrorEquals[0] === "States.ALL") catcher.Next = "SagaCompensated";
        }
      },
    ),
  },
  {
    title: "branches whose results are too large together are not caught",
    rules: ["S7"],
    forks: true,
    sites: each(
      () =>
        (name, { Type, Catch }) =>
          Type === "Parallel" && Catch !== undefined && !name.startsWith("Undo_"),
      (state) => delete state.Catch,
    ),
  },
  {
    title: "a step after the pivot leads back to the undos",
    rules: ["S9"],
    forks: true,
    sites: each(role("retriable"), (state, machine, _name, declaration) => {
      const first = chain(machine, declaration)[0] as string;
      state.Catch = [{ ErrorEquals: ["States.ALL"], Next: first }];
    }),
  },
  {
    title: "a step after the pivot is caught, and ends in Fail",
    rules: ["S5"],
    forks: true,
    sites: each(role("retriable"), (state) => {
      state.Catch = [{ ErrorEquals: ["States.ALL"], Next: "SagaCompensated" }];
    }),
  },
  {
    title: "a step after the pivot is given up at once",
    rules: ["S9"],
    forks: true,
    sites: each(role("retriable"), (state) => delete state.Retry),
  },
];
