import { seededRandom } from "../../saga/interpreter";
import { INVOKE } from "./helpers";

/** The number of cases in ten. */
type Likelihood = number;

/**
 * A machine at random: Tasks with Retry, Catch and tokens, Waits, Passes, Choices, Fails, Parallels and Maps, nested up
 * to three deep. No two things end at the same moment, since the order of their ends would not be defined. So each
 * branch begins with something that takes time.
 */
export function randomMachine(seed: number): object {
  const random = seededRandom(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const often = (likelihood: Likelihood): boolean => random() * 10 < likelihood;
  const variables: string[] = [];
  let names = 0;
  const name = (kind: string): string => `${kind}${++names}`;
  const next = { Next: "" };
  const KEEP = "{% $states.input %}";
  const ERROR = '{% $error("by design") %}';

  const catchers = (known: string[]): object => {
    if (!often(6)) return {};
    const Output = often(1) ? ERROR : KEEP;
    return {
      Catch: [
        {
          ErrorEquals: often(5) ? ["States.ALL"] : ["Odd", "States.Timeout"],
          Next: "",
          Output,
          Assign: variable(known),
        },
      ],
    };
  };
  const retriers = (): object => {
    if (!often(6)) return {};
    const one = { ErrorEquals: ["Odd"], IntervalSeconds: 11 + below(80), MaxAttempts: 1 + below(2), BackoffRate: 1.5 };
    const all = { ErrorEquals: ["States.ALL"], IntervalSeconds: 17 + below(900), MaxAttempts: 1 };
    return { Retry: often(5) ? [one, all] : [one] };
  };
  function variable(known: string[]): object {
    const each = `v${++names}`;
    known.push(each);
    return { [each]: '{% {"by": $states.context.State.Name, "retries": $states.context.State.RetryCount} %}' };
  }
  const seen = (known: readonly string[]): object =>
    Object.fromEntries(known.slice(-3).map((each) => [each, `{% $exists($${each}) ? $${each} : null %}`]));

  const task = (known: string[]): [string, object] => {
    const token = often(3);
    const Arguments = {
      // A call that is made again after a restore has the same key. Each retry has another one.
      key: '{% $states.context.State.Name & "@" & $states.context.State.EnteredTime & "#" & $states.context.State.RetryCount & "/" & $states.context.Execution.RedriveCount & $states.input.path %}',
      path: "{% $states.input.path %}",
      ...seen(known),
      ...(token && { token: "{% $states.context.Task.Token %}" }),
    };
    return [
      name("T"),
      {
        Type: "Task",
        Resource: token ? `${INVOKE}.waitForTaskToken` : INVOKE,
        Arguments,
        ...(token && often(4) && { TimeoutSeconds: 400 + below(200) }),
        ...(token && often(5) && { HeartbeatSeconds: 70 }),
        ...retriers(),
        ...catchers(known),
        Assign: variable(known),
        Output: often(0.5) ? ERROR : KEEP,
        ...next,
      },
    ];
  };
  const wait = (known: string[]): [string, object] => {
    const until = often(5)
      ? { Seconds: `{% ${1 + below(3000)} + $states.input.salt %}` }
      : { Timestamp: `{% $fromMillis($millis() + ${1 + below(3_000_000)} + 1000 * $states.input.salt) %}` };
    return [name("W"), { Type: "Wait", ...until, Assign: variable(known), ...next }];
  };
  const parallel = (known: string[], depth: number): [string, object] => {
    const Branches = Array.from({ length: 1 + below(3) }, () => sequence([...known], depth - 1));
    const Arguments = often(5)
      ? { Arguments: { path: "{% $states.input.path & '|' %}", salt: "{% $states.input.salt + 1 %}" } }
      : {};
    return [
      name("P"),
      {
        Type: "Parallel",
        Branches,
        ...Arguments,
        ...retriers(),
        ...catchers(known),
        Assign: variable(known),
        Output: KEEP,
        ...next,
      },
    ];
  };
  const map = (known: string[], depth: number): [string, object] => {
    const ItemProcessor = sequence([...known], depth - 1);
    const items = Array.from({ length: below(4) }, () => below(100));
    const ItemSelector = {
      path: '{% $states.input.path & "/" & $states.context.Map.Item.Index %}',
      salt: "{% $states.input.salt * 10 + $states.context.Map.Item.Index + 1 %}",
      value: "{% $states.context.Map.Item.Value %}",
    };
    const limit = often(6) ? { MaxConcurrency: 1 + below(2) } : {};
    return [
      name("M"),
      {
        Type: "Map",
        Items: `{% ${JSON.stringify(items)} %}`,
        ItemProcessor,
        ItemSelector,
        ...limit,
        ...retriers(),
        ...catchers(known),
        Assign: variable(known),
        Output: KEEP,
        ...next,
      },
    ];
  };
  const choice = (): [string, object] => [
    name("C"),
    { Type: "Choice", Choices: [{ Condition: `{% $states.input.salt % 2 = ${below(2)} %}`, Next: "" }], Default: "" },
  ];

  function sequence(known: string[], depth: number): object {
    const states: [string, object][] = [often(7) ? task(known) : wait(known)];
    for (let more = below(4); more > 0; more--) {
      const kind = below(12);
      if (kind < 4) states.push(task(known));
      else if (kind < 5) states.push(wait(known));
      else if (kind < 6)
        states.push([name("Y"), { Type: "Pass", Assign: variable(known), Output: often(1) ? ERROR : KEEP, ...next }]);
      else if (kind < 7) states.push(choice());
      else if (depth > 0) states.push(kind < 10 ? parallel(known, depth) : map(known, depth));
    }
    states.push(
      often(1) ? [name("F"), { Type: "Fail", Error: "Odd", Cause: "a Fail" }] : [name("S"), { Type: "Succeed" }],
    );
    // Each state leads to the next one; a Catch or a Choice may skip some.
    const after = (index: number): string => (states[Math.min(index, states.length - 1)] as [string, object])[0];
    const linked = states.map(([key, state], index) => {
      const further = (): string => after(index + 1 + below(2));
      const filled = JSON.parse(JSON.stringify(state), (field, value: unknown) =>
        value === "" && (field === "Next" || field === "Default") ? undefined : value,
      ) as Record<string, unknown>;
      if ("Next" in state) filled["Next"] = after(index + 1);
      if ("Catch" in state)
        filled["Catch"] = (filled["Catch"] as object[]).map((each) => ({ ...each, Next: further() }));
      if ("Choices" in state) {
        filled["Choices"] = (filled["Choices"] as object[]).map((each) => ({ ...each, Next: after(index + 2) }));
        filled["Default"] = after(index + 1);
      }
      return [key, filled] as const;
    });
    return { StartAt: states[0]?.[0], States: Object.fromEntries(linked) };
  }

  return {
    QueryLanguage: "JSONata",
    ...sequence(variables, 3),
    ...(often(1) && { TimeoutSeconds: 2000 + below(9000) }),
  };
}
