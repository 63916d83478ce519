/** Data as JSON, laid out. It is text, whatever it has in it. */
export function Json({ value, label }: { readonly value: unknown; readonly label?: string }) {
  if (value === undefined) return <p class="note">nothing</p>;
  const text = JSON.stringify(value, null, 2);
  const shown = text.length > MOST ? `${text.slice(0, MOST)}\n… ${text.length - MOST} characters more` : text;
  return (
    <pre class="code" tabIndex={0} role="region" aria-label={label ?? "data"}>
      {shown}
    </pre>
  );
}

/** Step Functions takes 256 KiB, which nobody reads at once. */
const MOST = 20_000;
