/** How large JSON may be: bytes that are always the same, and references to data of any size. */
export interface Size {
  readonly fixed: number;
  readonly references: number;
}

/** What is known of how large a value and its parts may be, never less than they are. */
export interface Shape {
  readonly size: Size;
  /**
   * What becomes of its field of a name, of all its fields without one; of a list, of its elements' fields, as JSONata
   * has it.
   */
  readonly field: (name: string | undefined, become: Become) => Shape;
  /** Its element, any of them where the index is not known; JSONata takes what is no list for its own element. */
  readonly at: (index?: number) => Shape;
  /** The list of what becomes of its elements. */
  readonly each: (become: Become) => Shape;
}

export type Become = (shape: Shape) => Shape;

/** How many items a list is taken to have: nobody knows. */
export const ITEMS = 10;

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

export const sum = (sizes: readonly Size[], fixed = 0): Size => ({
  fixed: sizes.reduce((all, size) => all + size.fixed, fixed),
  references: sizes.reduce((all, { references }) => all + references, 0),
});

/** A value whose parts are not known: each may be as large as the whole. */
export function whole(size: Size): Shape {
  const shape: Shape = {
    size,
    field: (_, become) => become(shape),
    at: () => shape,
    each: (become) => repeated(become(shape)),
  };
  return shape;
}

export const literal = (value: unknown): Shape => whole({ fixed: bytesOf(value), references: 0 });
export const REFERENCE = whole({ fixed: 0, references: 1 });
/** A number that is calculated has so many digits at most. */
export const NUMBER = whole({ fixed: 24, references: 0 });
export const BOOLEAN = literal(false);
const NOTHING = whole({ fixed: 0, references: 0 });

export function object(fields: Readonly<Record<string, Shape>>): Shape {
  const pairs = Object.entries(fields);
  const shape: Shape = {
    size: sum(
      pairs.map(([, value]) => value.size),
      pairs.reduce((all, [key]) => all + bytesOf(key) + 2, 2),
    ),
    field: (name, become) =>
      name === undefined ? tuple(pairs.map(([, value]) => become(value))) : become(fields[name] ?? NOTHING),
    at: () => shape,
    each: (become) => become(shape),
  };
  return shape;
}

export function tuple(items: readonly Shape[]): Shape {
  return {
    size: sum(
      items.map(({ size }) => size),
      2 + items.length,
    ),
    field: (name, become) => tuple(items.map((item) => item.field(name, become))),
    at: (index) => (index === undefined ? either(items) : (items.at(index) ?? NOTHING)),
    each: (become) => tuple(items.map(become)),
  };
}

export function repeated(item: Shape): Shape {
  const { fixed, references } = item.size;
  return {
    size: { fixed: 2 + ITEMS * (fixed + 1), references: ITEMS * references },
    field: (name, become) => repeated(item.field(name, become)),
    at: () => item,
    each: (become) => repeated(become(item)),
  };
}

/** One of several, whichever is the largest. */
export function either(shapes: readonly Shape[]): Shape {
  const [first = NOTHING, ...others] = new Set(shapes);
  if (others.length === 0) return first;
  const all = [first, ...others];
  return {
    size: {
      fixed: Math.max(...all.map(({ size }) => size.fixed)),
      references: Math.max(...all.map(({ size }) => size.references)),
    },
    field: (name, become) => either(all.map((shape) => shape.field(name, become))),
    at: (index) => either(all.map((shape) => shape.at(index))),
    each: (become) => either(all.map((shape) => shape.each(become))),
  };
}
