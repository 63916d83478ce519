/** Data as indented JSON. It is inserted as text, never as HTML. */
export function Json({ value, label }: { readonly value: unknown; readonly label?: string }) {
  if (value === undefined) return <p class="note">nothing</p>;
  const text = JSON.stringify(value, null, 2);
  const shown = text.length > MOST ? `${text.slice(0, MOST)}\n… ${text.length - MOST} more characters` : text;
  return (
    <pre class="code" tabIndex={0} role="region" aria-label={label ?? "data"}>
      {shown}
    </pre>
  );
}

/** The most characters that are shown. Step Functions allows 256 KiB. */
const MOST = 20_000;
