import { useSignal } from "@preact/signals";
import type { Violation } from "../../../verify/rules";
import type { SagaEntry } from "../wire";
import { Counterexample } from "./counterexample";

/** What the verifier says of a saga, and what it found played on the graph. */
export function Verdict({ saga }: { readonly saga: SagaEntry }) {
  const played = useSignal<Violation | undefined>(undefined);
  const { violations } = saga.verdict;
  if (violations.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="verdict">
      <h2 id="verdict">What is wrong with it</h2>
      {played.value && (
        <Counterexample
          saga={saga}
          violation={played.value}
          onClose={() => {
            played.value = undefined;
          }}
        />
      )}
      <ul class="violations">
        {violations.map((violation) => (
          <li key={`${violation.rule} ${violation.kind} ${violation.state ?? ""}`}>
            <p>
              <strong>{violation.rule}</strong> {violation.message}
            </p>
            <p class="note">{violation.hint}</p>
            <button
              type="button"
              aria-pressed={played.value === violation}
              onClick={() => {
                played.value = violation;
              }}
            >
              Play
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
