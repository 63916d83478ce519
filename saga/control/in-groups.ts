/** Runs `act` for each element, at most `together` at a time. The results are in the order of the elements. */
export async function inGroups<T, R>(
  of: readonly T[],
  together: number,
  act: (each: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < of.length) {
      const at = next++;
      results[at] = await act(of[at] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(together, of.length) }, work));
  return results;
}
