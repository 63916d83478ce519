type Event = Readonly<Record<string, unknown>>;

/**
 * Whether a log event matches a filter pattern. It has the part of CloudWatch Logs's pattern language for JSON that the
 * program uses.
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
    // A field that is missing or null neither equals nor differs from any value.
    return value !== undefined && value !== null && (value === literal) === (operator === "=");
  };
  take("{");
  const result = any();
  take("}");
  if (at !== tokens.length) throw new Error(`more after the end of ${pattern}`);
  return result;
}
