import { seededRandom } from "../../interpreter";

const SEED = 1;

/**
 * Some of the items, in their order: the list is cut into equal parts, and one item of each part is drawn. So an item's
 * neighbours in the list, which are much like it, are not all in the sample. Each run draws the same ones.
 */
export function sampleOf<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  const random = seededRandom(SEED);
  const start = (part: number): number => Math.floor((part * items.length) / most);
  return Array.from({ length: most }, (_, part) => {
    const [from, to] = [start(part), start(part + 1)];
    return items[from + Math.floor(random() * (to - from))] as T;
  });
}
