// @ts-check
// A cache of parsed expressions. dynalite parses the expressions of each request, which takes longer than all its other
// work, above all for nested parentheses. A program sends few different expressions, each of them often.

/** @typedef {Record<string, object>} Values Attribute values, by their placeholders: `{ ":saga": { "S": "…" } }`. */
/**
 * @typedef {{ attrNames?: object | null, attrVals?: Values | null, unusedAttrNames: Record<string, true>,
 *   unusedAttrVals: Record<string, true>, isKeyCondition?: boolean }} Context
 */
/** @typedef {{ parse: (text: string, options: { context: Context }) => unknown }} Parser */

/**
 * The placeholder of each object that replaces a value in a cached expression.
 * @type {WeakMap<object, string>}
 */
const placeholders = new WeakMap();

/** The parser checks the values of these operators, and not only their types. Such expressions are not cached. */
const LOOKS_AT_VALUES = /\bbetween\b|attribute_type/i;
const MOST_REMEMBERED = 1_000;

/**
 * Makes a parser of dynalite cache its results. The result depends on the text, on the names, and on the types of the
 * values. The values of each request are inserted into the cached result.
 * @param {Parser} parser
 */
exports.rememberExpressions = (parser) => {
  const { parse } = parser;
  /** @type {Map<string, { parsed: unknown, names: readonly string[], values: readonly string[] }>} */
  const remembered = new Map();
  parser.parse = (text, options) => {
    const { attrNames, attrVals, unusedAttrNames, unusedAttrVals, isKeyCondition } = options.context;
    if (LOOKS_AT_VALUES.test(text)) return parse(text, options);
    const types = Object.entries(attrVals ?? {}).map(([name, value]) => [name, ...Object.keys(value)]);
    const key = JSON.stringify([text, isKeyCondition, attrNames, types]);
    const use = (/** @type {readonly string[]} */ names, /** @type {readonly string[]} */ values) => {
      for (const name of names) Reflect.deleteProperty(unusedAttrNames, name);
      for (const name of values) Reflect.deleteProperty(unusedAttrVals, name);
    };
    const known = remembered.get(key);
    if (known) {
      use(known.names, known.values);
      return copied(known.parsed, (part) => attrVals?.[placeholders.get(part) ?? ""]);
    }

    const own = { unusedAttrNames: all(attrNames), unusedAttrVals: all(attrVals) };
    const usedOf = (/** @type {object | null | undefined} */ given, /** @type {object} */ unused) =>
      Object.keys(given ?? {}).filter((name) => !(name in unused));
    let parsed;
    try {
      parsed = parse(text, { ...options, context: { ...options.context, ...own } });
    } finally {
      use(usedOf(attrNames, own.unusedAttrNames), usedOf(attrVals, own.unusedAttrVals));
    }
    // For a refused expression, the result is an error message.
    if (typeof parsed !== "object") return parsed;
    const standIns = new Map(Object.entries(attrVals ?? {}).map(([name, value]) => [value, standIn(name)]));
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(key, {
      parsed: copied(parsed, (part) => standIns.get(part)),
      names: usedOf(attrNames, own.unusedAttrNames),
      values: usedOf(attrVals, own.unusedAttrVals),
    });
    return parsed;
  };
};

/** @param {string} name */
function standIn(name) {
  const object = {};
  placeholders.set(object, name);
  return object;
}

/** @param {object | null | undefined} named */
const all = (named) => Object.fromEntries(Object.keys(named ?? {}).map((name) => [name, /** @type {const} */ (true)]));

/**
 * A copy with some objects replaced. dynalite writes results into the parsed expression, so each request needs a copy.
 * @param {any} part
 * @param {(part: object) => object | undefined} other
 * @returns {any}
 */
function copied(part, other) {
  if (typeof part !== "object" || part === null) return part;
  const instead = other(part);
  if (instead !== undefined) return instead;
  if (Array.isArray(part)) return part.map((each) => copied(each, other));
  const copy = Object.create(Object.getPrototypeOf(part));
  for (const name of Object.keys(part)) copy[name] = copied(part[name], other);
  return copy;
}
