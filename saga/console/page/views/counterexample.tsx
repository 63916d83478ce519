import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { coloursOfPlay, type Outstanding, stepsOf } from "../../../graph/play";
import type { Violation } from "../../../verify/rules";
import { type Look, Mark } from "../parts/mark";
import { Player } from "../parts/player";
import { drawingOf } from "../state/drawing";
import type { SagaEntry } from "../wire";
import { GraphView } from "./graph";

interface Props {
  readonly saga: SagaEntry;
  readonly violation: Violation;
  readonly onClose: () => void;
}

/** A finding of the verifier, step by step on the graph, with the outstanding effects after each step. */
export function Counterexample({ saga: { name, definition, declaration }, violation, onClose }: Props) {
  const placed = drawingOf(name, definition, declaration);
  const steps = stepsOf(placed, violation);
  const played = useSignal(1);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    played.value = 1;
    heading.current?.focus();
    heading.current?.scrollIntoView({ block: "nearest" });
  }, [violation]);
  const step = steps[played.value - 1];
  return (
    <>
      <section class="panel" aria-labelledby="graph">
        <header class="bar">
          <h2 id="graph">Counterexample</h2>
        </header>
        <GraphView placed={placed} colours={coloursOfPlay(placed, steps, played.value)} chosen={step?.node} />
      </section>
      <div class="column">
        <section class="panel" aria-labelledby="play">
          <header class="bar">
            <h2 id="play" tabIndex={-1} ref={heading}>
              {violation.rule}: step {played.value} of {steps.length}
            </h2>
            <button type="button" class="end" onClick={onClose}>
              Close
            </button>
          </header>
          <Player
            last={steps.length}
            now={played.value}
            unit="step"
            pace={1200}
            onMove={(to) => {
              played.value = to;
            }}
          />
          <ol class="steps">
            {steps.map(({ text, depth }, at) => (
              <li
                key={at}
                class={`step step-${Math.min(depth, 4)}${at >= played.value ? " later" : ""}`}
                aria-current={at === played.value - 1 ? "step" : undefined}
              >
                <button
                  type="button"
                  class="plain"
                  onClick={() => {
                    played.value = at + 1;
                  }}
                >
                  {text}
                </button>
              </li>
            ))}
          </ol>
          {step?.offence !== undefined && <p class="problem">{step.offence}</p>}
        </section>
        <section class="panel" aria-labelledby="outstanding">
          <h2 id="outstanding">Outstanding effects</h2>
          {step === undefined || step.outstanding.length === 0 ? (
            <p class="note">None: all effects are undone.</p>
          ) : (
            <ul class="outstanding">
              {step.outstanding.map(({ instance, status }) => (
                <li key={instance}>
                  <strong>{instance}</strong> <Mark look={LOOKS[status][0]}>{LOOKS[status][1]}</Mark>
                </li>
              ))}
            </ul>
          )}
        </section>
      </div>
    </>
  );
}

const LOOKS: Readonly<Record<Outstanding["status"], readonly [Look, string]>> = {
  done: ["live", "live"],
  doubtful: ["in doubt", "in doubt"],
  undoFailed: ["stuck", "live: its undo has failed"],
};
