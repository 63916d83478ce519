// @ts-check
// Expressions that are parsed once. dynalite parses those of each request, which takes longer than all else that it does:
// longest where parentheses stand in parentheses. A program sends few expressions, and each of them often.

/** @typedef {Record<string, object>} Values Attribute values by their placeholders: `{ ":saga": { "S": "…" } }`. */
/**
 * @typedef {{ attrNames?: object | null, attrVals?: Values | null, unusedAttrNames: Record<string, true>,
 *   unusedAttrVals: Record<string, true>, isKeyCondition?: boolean }} Context
 */
/** @typedef {{ parse: (text: string, options: { context: Context }) => unknown }} Parser */

/**
 * What stands for values in expressions that are remembered: their placeholders.
 * @type {WeakMap<object, string>}
 */
const placeholders = new WeakMap();

/** These say no for certain values, not only for certain types. */
const LOOKS_AT_VALUES = /\bbetween\b|attribute_type/i;
const MOST_REMEMBERED = 1_000;

/**
 * Has a parser of dynalite's remember what it has made of an expression. The same text comes to the same with the same
 * names, and with values of the same types, which take the places of those before.
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
    // An expression that is refused comes to a text that says why.
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
 * A copy, in which some objects are others: dynalite writes results into what was parsed.
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
