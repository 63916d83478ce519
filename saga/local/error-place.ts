/**
 * Where in a program an error was thrown: the first file and line of its stack that is neither Node's nor a package's.
 * Undefined where there is none.
 */
export function placeOf({ stack = "" }: Error): string | undefined {
  // Of what is no JavaScript, Node says first where that stands.
  const [, unread] = /^(\/[^\n]*:\d+)\n/.exec(stack) ?? [];
  const places = [...stack.matchAll(/^\s+at (?:.*\()?(?:file:\/\/)?(\/[^()\n]*:\d+:\d+)\)?$/gm)];
  return [unread, ...places.map(([, place]) => place)].find(
    (place) => place !== undefined && !/[/\\]node_modules[/\\]/.test(place),
  );
}
