/** The looks of nodes, effects and executions. */
export type Look =
  | "idle"
  | "in progress"
  | "done"
  | "failed"
  | "retried"
  | "undone"
  | "stuck"
  | "waiting"
  | "aborted"
  | "in doubt"
  | "live"
  | "tombstoned"
  | "confirmed"
  | "refused"
  | "released";

/** The figures, so that looks differ without colours too. Each is drawn in a square of 16. */
const FIGURES: Readonly<Record<Look, string>> = {
  idle: "M8 4.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7",
  "in progress": "M8 2.5a5.5 5.5 0 1 1-5.5 5.5M8 5v3.2l2.2 1.6",
  done: "M3 8.5l3.3 3.3L13 4.8",
  failed: "M4 4l8 8M12 4l-8 8",
  retried: "M12.8 6A5.2 5.2 0 1 0 13 9.4M13 2.8V6.2H9.6",
  undone: "M6.2 3.2L3 6.2l3.2 3.2M3 6.2h6.2a3.4 3.4 0 0 1 0 6.8H6",
  stuck: "M5.4 2h5.2L14 5.4v5.2L10.6 14H5.4L2 10.6V5.4zM8 5v3.6M8 10.6v.6",
  waiting: "M5.6 3.5v9M10.4 3.5v9",
  aborted: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M4.2 4.2l7.6 7.6",
  "in doubt": "M5.4 5.6a2.6 2.6 0 1 1 3.8 2.6C8.3 8.7 8 9.1 8 10M8 12.3v.6",
  live: "M8 3.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M8 6.6a1.4 1.4 0 1 0 0 2.8a1.4 1.4 0 1 0 0-2.8",
  tombstoned: "M3.5 13.5V7a4.5 4.5 0 0 1 9 0v6.5zM8 5.4v4.4M6.3 7h3.4",
  refused: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M5 8h6",
  released: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 4.8-.9",
  confirmed: "M1.5 8.5l2.8 3.3L9.6 5M8.2 11.6l.2.2L14.4 5",
};

/** The CSS class of a look, without spaces. */
export const lookClass = (look: Look): string => `look-${look.replaceAll(" ", "-")}`;

/** The figure of a look, for an SVG. */
export const Figure = ({ look }: { readonly look: Look }) => (
  <path
    d={FIGURES[look]}
    fill="none"
    stroke="currentColor"
    stroke-width="1.7"
    stroke-linecap="round"
    stroke-linejoin="round"
  />
);

/** The figure of a look, with a word. */
export function Mark({ look, children = look }: { readonly look: Look; readonly children?: string }) {
  return (
    <span class={`mark ${lookClass(look)}`}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <Figure look={look} />
      </svg>
      {children}
    </span>
  );
}
