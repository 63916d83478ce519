/** By variable: its value before, and the values set since then, of which the last one counts. */
const wanted = new Map<
  string,
  { readonly before: string | undefined; readonly values: { readonly value: string }[] }
>();

/**
 * Runs something with environment variables of its own, as a function has. Concurrent work with other values may see
 * these: a handler should read its variables at the cold start.
 */
export async function withEnvironment<T>(
  variables: Readonly<Record<string, string>>,
  work: () => T | Promise<T>,
): Promise<T> {
  const entries = Object.entries(variables).map(([name, value]) => [name, { value }] as const);
  for (const [name, entry] of entries) {
    const known = wanted.get(name) ?? { before: process.env[name], values: [] };
    known.values.push(entry);
    wanted.set(name, known);
    process.env[name] = entry.value;
  }
  try {
    return await work();
  } finally {
    for (const [name, entry] of entries) restore(name, entry);
  }
}

function restore(name: string, entry: { readonly value: string }): void {
  const known = wanted.get(name);
  if (!known) return;
  known.values.splice(known.values.indexOf(entry), 1);
  const value = known.values.at(-1)?.value ?? known.before;
  if (known.values.length === 0) wanted.delete(name);
  if (value !== undefined) process.env[name] = value;
  // Assigning undefined to an environment variable sets it to the text "undefined".
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
  else delete process.env[name];
}
