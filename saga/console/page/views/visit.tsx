import { messageOf, shortened } from "../../../control/failure";
import { type Try, triesOf } from "../../../control/story";
import { duration, nameOf } from "../format";
import { Json } from "../parts/json";
import { executionLink } from "../route";
import { events, visit } from "../state/execution";

/** The input, the tries and the output of the selected state. */
export function VisitDetails() {
  const shown = visit.value;
  if (!shown) return null;
  const tries = triesOf(shown);
  return (
    <section class="details" aria-labelledby="visit">
      <h3 id="visit">{shown.instance}</h3>
      {tries.length > 0 && (
        <table>
          <caption class="hidden">Tries of {shown.instance}</caption>
          <thead>
            <tr>
              <th scope="col">Try</th>
              <th scope="col">Took</th>
              <th scope="col">Result</th>
            </tr>
          </thead>
          <tbody>
            {tries.slice(0, MOST).map((each, index) => (
              <Line key={each.scheduled} each={each} number={index + 1} />
            ))}
          </tbody>
        </table>
      )}
      {tries.length > MOST && <p class="note">and {tries.length - MOST} more tries</p>}
      <div class="halves">
        <section>
          <h4>{tries.length > 0 ? "Called with" : "Input"}</h4>
          <Json value={tries.at(-1)?.input ?? shown.input} label={`Input of ${shown.instance}`} />
        </section>
        <section>
          <h4>{tries.length > 0 ? "Answered" : "Output"}</h4>
          <Json value={tries.at(-1)?.output ?? shown.output} label={`Output of ${shown.instance}`} />
        </section>
      </div>
    </section>
  );
}

/** The most tries that are shown. An undo may be retried for hours. */
const MOST = 50;

function Line({ each, number }: { readonly each: Try; readonly number: number }) {
  const { from, to, outcome, error, cause } = each;
  const child = childOf(each);
  return (
    <tr>
      <th scope="row">{number}</th>
      <td>{duration((to ?? events.value.at(-1)?.timestamp ?? from) - from)}</td>
      <td>
        {outcome}
        {error !== undefined && `: ${error}`}
        {error !== undefined && cause !== undefined && <Message text={messageOf({ error, cause })} />}
        {child !== undefined && (
          <>
            {" "}
            <a href={executionLink(child)}>{nameOf(child)}</a>
          </>
        )}
      </td>
    </tr>
  );
}

/** A message. Of a long one, the beginning is shown until somebody opens it. */
function Message({ text }: { readonly text: string }) {
  if (text.length <= SHORT) return <span class="note"> {text}</span>;
  return (
    <details class="note">
      <summary>{shortened(text, SHORT)}</summary>
      {text}
    </details>
  );
}

const SHORT = 200;

/** The execution of a child saga, whose ARN is in the answer of Step Functions. */
function childOf({ output }: Try): string | undefined {
  const arn = (output as { readonly ExecutionArn?: unknown } | undefined | null)?.ExecutionArn;
  return typeof arn === "string" ? arn : undefined;
}
