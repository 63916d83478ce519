import type { Violation } from "../../../verify/rules";
import type { SagaEntry } from "../wire";

interface Props {
  readonly saga: SagaEntry;
  readonly played: Violation | undefined;
  readonly onPlay: (violation: Violation) => void;
}

/** The verifier's findings. Each can be played on the graph. */
export function Verdict({ saga, played, onPlay }: Props) {
  // Findings with a counterexample come first.
  const violations = saga.verdict.violations.toSorted(
    (one, other) => Number(other.path.length > 0) - Number(one.path.length > 0),
  );
  if (violations.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="verdict">
      <h2 id="verdict">Violations</h2>
      <ul class="violations">
        {violations.map((violation) => (
          <li key={`${violation.rule} ${violation.kind} ${violation.state ?? ""}`}>
            <div>
              <p>
                <strong>{violation.rule}</strong> {violation.message}
              </p>
              <p class="note">{violation.hint}</p>
            </div>
            <button
              type="button"
              aria-pressed={played === violation}
              onClick={() => {
                onPlay(violation);
              }}
            >
              {violation.path.length > 0 ? "Play" : "Show"}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
