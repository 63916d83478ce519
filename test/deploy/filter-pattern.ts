type Event = Readonly<Record<string, unknown>>;

/**
 * Whether an event of a log matches a pattern: what the program's patterns use of the language that CloudWatch Logs has
 * for events of JSON.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function matches(pattern: string, event: Event): boolean {
  const tokens = pattern.match(/[{}()]|&&|\|\||!=|=|NOT EXISTS|IS NULL|\$(?:\.\w+)+|"[^"]*"|\*/g) ?? [];
  if (tokens.join("") !== pattern.replace(/ (?!EXISTS|NULL)/g, "")) throw new Error(`not understood: ${pattern}`);
  let at = 0;
  const take = (wanted: string): void => {
    if (tokens[at++] !== wanted) throw new Error(`expected ${wanted} at token ${at} of ${pattern}`);
  };
  const any = (): boolean => chain("||", () => chain("&&", one));
  const chain = (operator: "&&" | "||", next: () => boolean): boolean => {
    const parts = [next()];
    while (tokens[at] === operator) {
      at++;
      parts.push(next());
    }
    return operator === "&&" ? parts.every(Boolean) : parts.some(Boolean);
  };
  const one = (): boolean => {
    if (tokens[at] === "(") {
      take("(");
      const inner = any();
      take(")");
      return inner;
    }
    const [path, operator] = [tokens[at++], tokens[at++]];
    const keys = (path as string).split(".").slice(1);
    const value = keys.reduce<unknown>((found, key) => (found as Event | undefined)?.[key], event);
    if (operator === "NOT EXISTS") return value === undefined;
    if (operator === "IS NULL") return value === null;
    const wanted = tokens[at++] as string;
    if (wanted === "*") return value !== undefined;
    const literal = JSON.parse(wanted) as string;
    // What is not there, or null, equals nothing, and differs from nothing.
    return value !== undefined && value !== null && (value === literal) === (operator === "=");
  };
  take("{");
  const result = any();
  take("}");
  if (at !== tokens.length) throw new Error(`more after the end of ${pattern}`);
  return result;
}
