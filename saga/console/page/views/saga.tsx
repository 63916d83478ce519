import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { PlacedNode } from "../../../graph/layout";
import { Menu } from "../parts/menu";
import { VerdictMark } from "../parts/status";
import { REFERENCE } from "../reference";
import { attempt, clearFault, faultsOf, mayWrite, setFault } from "../state/actions";
import { sagaNamed, session } from "../state/console";
import { drawingOf } from "../state/drawing";
import { filter } from "../state/executions";
import type { Fault, FaultKind, SagaEntry } from "../wire";
import { Executions } from "./executions";
import { GraphView, isWide } from "./graph";
import { Start } from "./start";
import { Verdict } from "./verdict";

/** One saga: its graph, what is proved of it, and its executions. */
export function Saga({ name }: { readonly name: string }) {
  useEffect(() => {
    filter.value = { ...filter.peek(), saga: name };
  }, [name]);
  const saga = name === REFERENCE.name ? REFERENCE : sagaNamed(name);
  if (!saga) {
    return (
      <section class="panel">
        <h1>{name}</h1>
        <p class="problem">There is no saga of that name here.</p>
      </section>
    );
  }
  const deployed = saga !== REFERENCE;
  return (
    <>
      <header class="head">
        <div>
          <h1>{name}</h1>
          <p class="facts">
            <VerdictMark status={saga.verdict.status} />
            <span>{saga.verdict.summary}</span>
          </p>
        </div>
      </header>
      <div class={`columns${isWide(drawingOf(name, saga.definition, saga.declaration)) ? " columns-wide" : ""}`}>
        <Drawing saga={saga} />
        <div class="column">
          {deployed && (
            <section class="panel" aria-labelledby="start">
              <h2 id="start">Start</h2>
              <Start key={saga.machineArn} saga={saga} />
            </section>
          )}
          {deployed && session.value?.faults === true && <Faults saga={saga} />}
          {!deployed && (
            <section class="panel" aria-labelledby="about">
              <h2 id="about">About this machine</h2>
              <p>
                It is the state machine of a tutorial on sagas, as many people write theirs. It is not deployed. Play
                what is wrong with it, step by step.
              </p>
            </section>
          )}
        </div>
      </div>
      <Verdict saga={saga} />
      {deployed && <Executions saga={name} />}
    </>
  );
}

const KINDS: readonly (readonly [FaultKind, string])[] = [
  ["fail-before", "Fail before the write"],
  ["fail-after", "Fail after the write"],
  ["late", "Answer late"],
  ["throttle", "Throttle"],
  ["crash", "Crash"],
];
const TIMES = ["once", "always"] as const;
const textOf = ({ kind, times }: Pick<Fault, "kind" | "times">): string =>
  `${KINDS.find(([each]) => each === kind)?.[1] ?? kind}, ${times}`;

function Drawing({ saga }: { readonly saga: SagaEntry }) {
  const pressed = useSignal<{ readonly node: PlacedNode; readonly element: SVGGElement } | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const { name, machineArn, definition, declaration } = saga;
  const faulty = machineArn !== "" && session.value?.faults === true && mayWrite();
  const set = faulty ? faultsOf(machineArn) : [];
  const tell = (message: string | undefined): void => {
    problem.value = message;
  };
  return (
    <section class="panel" aria-labelledby="graph">
      <header class="bar">
        <h2 id="graph">Graph</h2>
        {faulty && <p class="note">Press a call to let it go wrong.</p>}
      </header>
      <GraphView
        placed={drawingOf(name, definition, declaration)}
        notes={new Map(set.map((fault) => [idIn(saga, fault.state), textOf(fault)]))}
        pressable={({ kind }) => kind === "task" || kind === "approval" || kind === "child"}
        menu
        onPress={
          faulty
            ? (node, element) => {
                pressed.value = { node, element };
              }
            : undefined
        }
      />
      {problem.value !== undefined && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      {pressed.value && (
        <Menu
          label={`What goes wrong in ${pressed.value.node.label}`}
          anchor={pressed.value.element}
          groups={TIMES.map((times) => ({
            title: times,
            items: KINDS.map(([kind, text]) => ({
              text: `${text}, ${times}`,
              act: () => {
                const state = pressed.peek()?.node.label ?? "";
                void attempt(() => setFault({ machineArn, state, kind, times }), tell);
              },
            })),
          }))}
          onClose={() => {
            setTimeout(() => (pressed.value = undefined));
          }}
        />
      )}
    </section>
  );
}

/** The node of a state: names are unique in a machine. */
const idIn = ({ name, definition, declaration }: SagaEntry, state: string): string =>
  drawingOf(name, definition, declaration).nodes.find(({ label, kind }) => label === state && kind !== "start")?.id ??
  state;

function Faults({ saga: { machineArn } }: { readonly saga: SagaEntry }) {
  const set = faultsOf(machineArn);
  const problem = useSignal<string | undefined>(undefined);
  return (
    <section class="panel" aria-labelledby="faults">
      <h2 id="faults">Faults</h2>
      {set.length === 0 && <p class="note">None is set: every call does what it does.</p>}
      <ul class="faults">
        {set.map((fault) => (
          <li key={`${fault.state} ${fault.kind}`}>
            <span>
              <strong>{fault.state}</strong> {textOf(fault)}
            </span>
            {mayWrite() && (
              <button
                type="button"
                aria-label={`Remove the fault of ${fault.state}`}
                onClick={() =>
                  void attempt(
                    () => clearFault(fault),
                    (message) => (problem.value = message),
                  )
                }
              >
                Remove
              </button>
            )}
          </li>
        ))}
      </ul>
      {problem.value !== undefined && <p class="problem">{problem.value}</p>}
    </section>
  );
}
