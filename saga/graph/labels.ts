import type { GraphNode } from "./model";

/** A line of a node's text. */
export interface Line {
  readonly text: string;
  /** Whether it is a note below the state's name, in smaller type. */
  readonly note: boolean;
}

export const LINE_HEIGHT = 18;
/** The most characters of a line. */
const MOST = 24;

/** The text of a node. Long names are broken between words, also in names such as `ProcessPaymentOfALongOrder`. */
export function linesOf({ label, notes, undoes }: GraphNode): readonly Line[] {
  const back = undoes.length > 0 ? "↩ " : "";
  const line =
    (note: boolean) =>
    (text: string): Line => ({ text, note });
  return [
    ...(label === "" ? [] : wrapped(back + label).map(line(false))),
    ...notes.flatMap((note) => wrapped(note).map(line(true))),
  ];
}

/** Breaks text after spaces and punctuation and before capitals. A longer word is broken anywhere. */
function wrapped(text: string): readonly string[] {
  const words = text.match(/\s+|[^\s\p{Lu}_./:-]*[_./:-]+|\p{Lu}+[^\s\p{Lu}_./:-]*[_./:-]*|[^\s\p{Lu}_./:-]+/gu) ?? [];
  const parts = words.flatMap((word) => word.match(new RegExp(`.{1,${MOST}}`, "gsu")) ?? []);
  const lines: string[] = [];
  let line = "";
  for (const part of parts) {
    if (line !== "" && (line + part).trimEnd().length > MOST) {
      lines.push(line.trimEnd());
      line = "";
    }
    if (line !== "" || part.trim() !== "") line += part;
  }
  return [...lines, line.trimEnd()];
}

const NARROW = /[iljtfrI1.,:;'|!()[\]/ ]/;
const WIDE = /[mwMW@%—]|\p{Lu}/u;
const VERY_WIDE = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Extended_Pictographic}/u;

/** The estimated width of a line in a sans serif of 14 pixels. Without a browser, text can't be measured. */
export function widthOf({ text, note }: Line): number {
  const width = Array.from(text).reduce(
    (sum, character) =>
      sum + (VERY_WIDE.test(character) ? 16 : WIDE.test(character) ? 10.5 : NARROW.test(character) ? 5.5 : 8.2),
    0,
  );
  return Math.ceil(note ? width * 0.88 : width);
}
