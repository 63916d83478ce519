/** A mistake in JSON, with its place. */
export interface JsonProblem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

export type CheckedJson =
  | { readonly value: unknown; readonly problem?: undefined }
  | { readonly problem: JsonProblem; readonly value?: undefined };

class Refused extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

/**
 * Checks JSON while somebody types it. JSON.parse has other messages in each browser, and often no line and column. It
 * does not notice a duplicate key or a number that loses digits.
 */
export function checkJson(text: string): CheckedJson {
  try {
    if (text.trim() === "") throw new Refused("The input is empty: an execution needs a JSON value", 0);
    const scanner = new Scanner(text);
    scanner.document();
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    const at = error instanceof Refused ? error.at : 0;
    const before = text.slice(0, at).split("\n");
    return {
      problem: {
        message: (error as Error).message,
        line: before.length,
        column: (before.at(-1) ?? "").length + 1,
      },
    };
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[A-Za-z_$][\w$]*/y;
const SPACE = /[ \t\n\r]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

class Scanner {
  private at = 0;

  constructor(private readonly text: string) {}

  document(): void {
    this.value("a value");
    this.space();
    if (this.at < this.text.length) this.refuse("Unexpected text after the value");
  }

  private value(wanted: string): void {
    this.space();
    const next = this.text[this.at];
    if (next === "{") this.object();
    else if (next === "[") this.array();
    else if (next === '"') this.string();
    else if (next === "-" || (next !== undefined && next >= "0" && next <= "9")) this.number();
    else this.word(wanted);
  }

  private object(): void {
    const keys = new Set<string>();
    this.at += 1;
    this.space();
    if (this.take("}")) return;
    do {
      this.space();
      const from = this.at;
      if (this.text[from] === "}") this.refuse("Remove the comma: no key follows it");
      if (this.text[from] !== '"') this.refuse(`Expected a key in double quotes${this.found()}`);
      const key = this.string();
      if (keys.has(key)) this.refuse(`Duplicate key "${key}"`, from);
      keys.add(key);
      this.space();
      if (!this.take(":")) this.refuse(`Expected a colon after the key "${key}"${this.found()}`);
      this.value(`the value of "${key}"`);
      this.space();
    } while (this.take(","));
    if (!this.take("}")) this.refuse(`Expected a comma or a closing brace${this.found()}`);
  }

  private array(): void {
    this.at += 1;
    this.space();
    if (this.take("]")) return;
    do {
      this.space();
      if (this.text[this.at] === "]") this.refuse("Remove the comma: no value follows it");
      this.value("a value");
      this.space();
    } while (this.take(","));
    if (!this.take("]")) this.refuse(`Expected a comma or a closing bracket${this.found()}`);
  }

  private string(): string {
    const from = this.at;
    this.at += 1;
    for (;;) {
      const next = this.text[this.at];
      if (next === undefined || next === "\n") this.refuse("The string that begins here has no closing quote", from);
      if (next < " ") this.refuse("A control character in a string must be escaped");
      if (next === "\\" && this.match(ESCAPE) === undefined) this.refuse("Unknown escape: write a backslash as \\\\");
      if (next === "\\") continue;
      this.at += 1;
      if (next === '"') return JSON.parse(this.text.slice(from, this.at)) as string;
    }
  }

  private number(): void {
    const from = this.at;
    const digits = this.match(NUMBER);
    if (digits === undefined) this.refuse("Expected a digit after the minus sign");
    if (/[\w.]/.test(this.text[this.at] ?? "")) this.refuse("This is not a number in JSON", from);
    if (!Number.isFinite(Number(digits))) this.refuse("The number is too large", from);
    if (/^-?\d+$/.test(digits) && !Number.isSafeInteger(Number(digits)))
      this.refuse("The number has too many digits and would lose some: write it as a string", from);
  }

  private word(wanted: string): void {
    const from = this.at;
    const word = this.match(WORD);
    if (word === "true" || word === "false" || word === "null") return;
    this.at = from;
    if (word !== undefined) this.refuse(`Expected ${wanted}, got ${word}: write a string in double quotes`);
    this.refuse(`Expected ${wanted}${this.found()}`);
  }

  private found(): string {
    const next = this.text[this.at];
    return next === undefined ? ", but the text ends" : `, got ${next === "'" ? "a single quote" : next}`;
  }

  private space(): void {
    this.match(SPACE);
  }

  private take(character: string): boolean {
    const there = this.text[this.at] === character;
    if (there) this.at += 1;
    return there;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.text) ?? [];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private refuse(message: string, at = this.at): never {
    throw new Refused(message, at);
  }
}
