import { isTest } from "./condition";
import { type Duration, hours } from "./duration";
import { include } from "./include";
import { checkLevels, levelsOf, levelsOfTest } from "./levels";
import { type Condition, type Mapping, substitute, substituteIn } from "./mapping";
import { checkSagaName } from "./names";
import { flatten, type Node, type Saga } from "./nodes";
import { SagaDefinitionError } from "./errors";
import { readCondition, readValue } from "./read";
import { makeRef, symbolicOf } from "./ref";
import type { Symbolic } from "./symbolic";
import { type MappingFunction, type Names, runMapping } from "./run-mapping";
import { checkFree, type UsedNames, useNode } from "./check";
import { undoRetry } from "./retry";
import { asObject, readStep, type StepDefinition } from "./step";
import type { Defaults, Phase, SagaBuilder } from "./types";

/**
 * Begins a saga. Either all of its steps take effect, or undos reverse those that did.
 * Garcia-Molina & Salem, "Sagas", SIGMOD 1987.
 *
 * @param name The name of the saga. It has at most 67 letters, digits, underscores and hyphens.
 * @param defaults The settings of steps that have none of their own.
 * @throws SagaDefinitionError `bad-name`
 *
 * @example
 * const transfer = saga<{ from: string; to: string; amount: number }>("Transfer")
 *   .step("Withdraw", {
 *     task: withdraw,
 *     input: ({ input }) => ({ account: input.from, amount: input.amount }),
 *     undo: { name: "PutBack", task: putBack, input: ({ input }) => ({ account: input.from }) },
 *   })
 *   .returns(({ Withdraw }) => ({ booking: Withdraw.booking }));
 */
export function saga<Input>(name: string, defaults: Defaults = {}): SagaBuilder<Input> {
  checkSagaName(name);
  const given: Names = new Map([
    ["input", { maybe: false }],
    ["saga", { maybe: false }],
  ]);
  const root = {
    saga: name,
    defaults,
    phase: "start",
    nodes: [],
    names: given,
    aliases: new Map(),
    owners: [],
    usedNames: { names: new Set(), tasks: new Map(), sagas: new Map() },
  };
  // The body works on plain data; the types describe it precisely.
  return new Builder(root as State) as unknown as SagaBuilder<Input>;
}

/** The state of a builder. */
interface State {
  readonly saga: string;
  readonly defaults: Defaults;
  readonly phase: Phase;
  /** The sequence so far. */
  readonly nodes: readonly Node[];
  readonly names: Names;
  /** Names whose value is a mapping of other names: the outputs of included sagas. */
  readonly aliases: ReadonlyMap<string, Mapping>;
  /** The owners of the items of the surrounding lists. */
  readonly owners: readonly object[];
  /** The names that the nodes of this sequence use, and the nodes before and around it. */
  readonly usedNames: UsedNames;
}

type Body = (branch: Builder, ...refs: object[]) => Builder;

/** The value that a test has found to be present, and the owners of its references. */
interface Present {
  readonly symbolic: Symbolic;
  readonly owners: readonly object[];
}

class Builder {
  constructor(private readonly state: State) {
    Object.freeze(this);
  }

  step(name: string, step: StepDefinition): Builder {
    return this.call(name, this.committed ? "retriable" : "compensable", step);
  }

  query(name: string, step: StepDefinition): Builder {
    return this.call(name, "query", step);
  }

  pivot(name: string, step: StepDefinition): Builder {
    const { saga, phase } = this.state;
    if (phase !== "start") {
      const [what, hint] =
        phase === "committed"
          ? [
              "the saga has a pivot already",
              "Make this one a step: what follows the pivot is retried until it succeeds",
            ]
          : ["a branch can't have a pivot", "Put it at the top of the saga"];
      throw new SagaDefinitionError("bad-role", { saga, step: name }, what, hint);
    }
    return this.call(name, "pivot", step).with({ phase: "committed" });
  }

  parallel(name: string, branches: Readonly<Record<string, Body>>): Builder {
    this.checkFree(name);
    const compiled: (readonly [string, readonly Node[]])[] = [];
    let { usedNames } = this.state;
    for (const [branch, body] of Object.entries(branches)) {
      const built = this.branch(body, usedNames);
      compiled.push([branch, built.nodes]);
      usedNames = built.usedNames;
    }
    return this.add({ kind: "Parallel", name, key: name, branches: compiled, forward: this.committed }, [
      [name, { maybe: false }],
    ]);
  }

  when(name: string, test: MappingFunction, then: Body, otherwise: Body = (branch) => branch): Builder {
    this.checkFree(name);
    const { condition, present } = this.test(name, test);
    const yes = this.branch(this.handOn(name, present, then), this.state.usedNames);
    const no = this.branch(otherwise, yes.usedNames);
    const inside = [...yes.names, ...no.names].filter(([inner]) => !this.state.names.has(inner));
    const aliases = new Map([...yes.aliases, ...no.aliases]);
    return this.add(
      { kind: "When", name, condition, then: yes.nodes, otherwise: no.nodes },
      inside.map(([inner]) => [inner, { maybe: true }]),
    ).with({ aliases });
  }

  forEach(
    name: string,
    items: MappingFunction,
    body: Body,
    options: { readonly maxConcurrency?: number } = {},
  ): Builder {
    this.checkFree(name);
    const owner = {};
    const where = { saga: this.state.saga, step: name };
    const refs = ["item", "index"].map((part) =>
      makeRef({ kind: "Reference", owner, root: `${name}.${part}`, path: [], maybe: false, parent: undefined, where }),
    );
    const inside = this.branch(
      (branch) => body(branch.with({ owners: [owner, ...this.state.owners] }), ...refs),
      this.state.usedNames,
    );
    const node: Node = {
      kind: "ForEach",
      name,
      key: name,
      items: this.map(name, items),
      body: inside.nodes,
      maxConcurrency: options.maxConcurrency ?? 40,
      forward: this.committed,
    };
    return this.add(node, [[name, { maybe: false }]]);
  }

  wait(name: string, until: Duration | MappingFunction): Builder {
    this.checkFree(name);
    const value = typeof until === "function" ? this.map(name, until) : until.seconds;
    return this.add({ kind: "Wait", name, until: value }, []);
  }

  include(name: string, saga: Saga, input: MappingFunction): Builder {
    this.checkFree(name);
    const { nodes, output } = include(name, saga, this.map(name, input));
    const included = nodes.reduce<Builder>((builder, node) => builder.add(node, []), this);
    const pivoted = nodes.some((node) => node.kind === "Step" && node.role === "pivot");
    if (this.committed || (pivoted && this.state.phase !== "start")) {
      throw new SagaDefinitionError(
        "bad-role",
        { saga: this.state.saga, step: name },
        `the saga '${saga.name}' ${this.committed ? "stands after the pivot" : "has a pivot, and stands in a branch"}`,
        this.committed ? "Include it before the pivot" : "Include it at the top",
      );
    }
    return included.with({
      names: new Map([...this.state.names, [name, { maybe: false }]]),
      aliases: new Map([...this.state.aliases, [name, output]]),
      phase: pivoted ? "committed" : this.state.phase,
    });
  }

  child(
    name: string,
    saga: Saga,
    input: MappingFunction,
    { timeout = hours(1) }: { readonly timeout?: Duration } = {},
  ): Builder {
    this.checkFree(name);
    const here = { saga: this.state.saga, step: name };
    const pivoted = flatten(saga.steps).some((node) => node.kind === "Step" && node.role === "pivot");
    if (this.committed || pivoted) {
      throw new SagaDefinitionError(
        "bad-role",
        here,
        this.committed
          ? "what follows the pivot can't be a saga that may be undone"
          : `the saga '${saga.name}' has a pivot`,
        this.committed ? "Put it before the pivot" : "Include it instead, so that its pivot is this saga's own",
      );
    }
    const node: Node = {
      kind: "Child",
      name,
      key: name,
      saga,
      input: asObject(this.map(name, input), here),
      timeoutSeconds: timeout.seconds,
      undoRetry: undoRetry(this.state.defaults.undoRetry, here),
    };
    return this.add(node, [[name, { maybe: false }]]);
  }

  returns(output: MappingFunction): Saga {
    const { saga, nodes } = this.state;
    if (nodes.length === 0) {
      throw new SagaDefinitionError("no-steps", { saga }, "the saga has no steps", "Add one with .step(…)");
    }
    return Object.freeze({ kind: "Saga", name: saga, steps: nodes, output: this.map("returns", output) });
  }

  private get committed(): boolean {
    return this.state.phase === "committed" || this.state.phase === "committedBranch";
  }

  private call(name: string, role: "compensable" | "pivot" | "retriable" | "query", step: StepDefinition): Builder {
    const { saga, defaults } = this.state;
    this.checkFree(name, ...(step.undo ? [step.undo.name] : []));
    const withOwn = this.with({ names: new Map([...this.state.names, [name, { maybe: true }]]) });
    const node = readStep(
      { saga, name, role, step, defaults, committed: this.committed },
      {
        action: (map) => this.map(name, map),
        undo: (undoName, map) => withOwn.map(undoName, map),
      },
    );
    return this.add(node, [[name, { maybe: false }]]);
  }

  /** The function that builds a branch, given the reference that its test has found to be present. */
  private handOn(name: string, present: Present | undefined, body: Body): Body {
    const where = { saga: this.state.saga, step: name };
    if (!present) {
      if (body.length <= 1) return body;
      throw new SagaDefinitionError(
        "bad-branch",
        where,
        "the branch wants a reference that is present, and the test hands none on",
        "Let the test be isPresent(…) of a reference, and nothing else",
      );
    }
    const ref = makeRef(present.symbolic);
    return (branch) => body(branch.with({ owners: [...present.owners, ...branch.state.owners] }), ref);
  }

  /** The sequence that a function builds from here; `usedNames` includes the names of its sibling branches. */
  private branch(body: Body, usedNames: UsedNames): State {
    const begin = this.with({ phase: this.committed ? "committedBranch" : "branch", nodes: [], usedNames });
    const built: unknown = body(begin);
    if (built instanceof Builder) return built.state;
    throw new SagaDefinitionError(
      "bad-branch",
      { saga: this.state.saga },
      "a branch does not give back its steps",
      "Return what the last call on the branch's builder gave",
    );
  }

  /** Checks the name before anything else of a node is read, because a mistake in its mapping is reported under its name. */
  private checkFree(...given: readonly string[]): void {
    const { saga, usedNames } = this.state;
    checkFree({ saga, step: given[0] as string }, usedNames.names, given);
  }

  private map(step: string, map: MappingFunction): Mapping {
    const { names, owners, saga } = this.state;
    const where = { saga, step };
    const mapping = this.resolve(runMapping(map, names, { owners, where }, readValue));
    checkLevels("mapping", levelsOf(mapping), where);
    return deepFreeze(mapping);
  }

  /** A test, and the value that is present if it holds. There is one only for a single `isPresent`. */
  private test(step: string, test: MappingFunction): { condition: Condition; present: Present | undefined } {
    const { names, owners, saga } = this.state;
    const where = { saga, step };
    let present: Present | undefined;
    const read = runMapping(test, names, { owners, where }, (returned, scope) => {
      const symbolic = isTest(returned) ? symbolicOf(returned.operands[0]) : undefined;
      if (!scope.trial && symbolic) present = { symbolic, owners: scope.owners };
      return readCondition(returned, scope);
    });
    const condition = substituteIn(read, (mapping) => this.resolve(mapping));
    checkLevels("test", levelsOfTest(condition), where);
    return { condition, present: read.kind === "Present" ? present : undefined };
  }

  private resolve(mapping: Mapping): Mapping {
    return substitute(mapping, ({ root }) => this.state.aliases.get(root));
  }

  private add(node: Node, inScope: readonly (readonly [string, { maybe: boolean }])[]): Builder {
    const { saga, nodes, names } = this.state;
    return this.with({
      nodes: Object.freeze([...nodes, deepFreeze(node)]),
      names: new Map([...names, ...inScope]),
      usedNames: useNode(saga, this.state.usedNames, node),
    });
  }

  private with(change: Partial<State>): Builder {
    return new Builder({ ...this.state, ...change });
  }
}

/** Freezes plain data, but not the outputs in it, which belong to Pulumi. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value;
  Object.freeze(value);
  Object.values(value).forEach(deepFreeze);
  return value;
}
