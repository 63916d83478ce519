import { seededRandom } from "../saga/interpreter";

/** What random cases are made by: the same for a seed. */
export function dice(seed: number) {
  const random = seededRandom(seed);
  const below = (most: number): number => Math.floor(random() * most);
  const one = <T>(of: readonly T[]): T => of[below(of.length)] as T;
  const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => below(256)));
  return { random, below, one, bytes };
}
