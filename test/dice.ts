import { seededRandom } from "../saga/interpreter";

/** A random generator. A seed always gives the same numbers. */
export function dice(seed: number) {
  const random = seededRandom(seed);
  const below = (most: number): number => Math.floor(random() * most);
  const one = <T>(of: readonly T[]): T => of[below(of.length)] as T;
  const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => below(256)));
  return { random, below, one, bytes };
}
