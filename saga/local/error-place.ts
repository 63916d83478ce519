/**
 * The place in the program where an error was thrown: the first file and line of its stack that belongs neither to Node
 * nor to a package. Undefined if there is none.
 */
export function placeOf({ stack = "" }: Error): string | undefined {
  // For a syntax error, Node puts the file and the line before the stack.
  const [, unread] = /^(\/[^\n]*:\d+)\n/.exec(stack) ?? [];
  const places = [...stack.matchAll(/^\s+at (?:.*\()?(?:file:\/\/)?(\/[^()\n]*:\d+:\d+)\)?$/gm)];
  return [unread, ...places.map(([, place]) => place)].find(
    (place) => place !== undefined && !/[/\\]node_modules[/\\]/.test(place),
  );
}
