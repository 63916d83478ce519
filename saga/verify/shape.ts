/** The size of JSON: a fixed number of bytes, and references to data of unknown size. */
export interface Size {
  readonly fixed: number;
  readonly references: number;
}

/** An upper bound for the size of a value and of its parts. */
export interface Shape {
  readonly size: Size;
  /**
   * The shape with a function applied to one field, or to all fields if there is no name. On a list it applies to the fields
   * of the elements, as in JSONata.
   */
  readonly field: (name: string | undefined, become: Become) => Shape;
  /** The element at an index, or any element without one. JSONata treats a value that is no list as its own element. */
  readonly at: (index?: number) => Shape;
  /** The list with a function applied to each element. */
  readonly each: (become: Become) => Shape;
}

export type Become = (shape: Shape) => Shape;

/** The number of items that the estimate assumes in a list of unknown length. */
export const ITEMS = 10;

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

export const sum = (sizes: readonly Size[], fixed = 0): Size => ({
  fixed: sizes.reduce((all, size) => all + size.fixed, fixed),
  references: sizes.reduce((all, { references }) => all + references, 0),
});

/** A value whose parts are unknown. Each part may be as large as the whole. */
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
/** A calculated number. It has at most 24 characters. */
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

/** The largest of several shapes. */
export function either(shapes: readonly Shape[]): Shape {
  const [first = NOTHING, ...others] = new Set(shapes.filter((shape) => shape !== NOTHING));
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
