import { signal } from "@preact/signals";

/** The view that the page shows. It is in the URL's hash, so that links and the browser's history work. */
export type Route =
  | { readonly view: "sagas" }
  | { readonly view: "saga"; readonly name: string }
  | { readonly view: "execution"; readonly arn: string; readonly at: number | undefined }
  | { readonly view: "open"; readonly at: number | undefined };

/** Reads a hash. An unknown hash is the list of sagas. */
function readRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const [view, ...rest] = path.split("/");
  const what = decoded(rest.join("/"));
  const event = Number(new URLSearchParams(query).get("at") ?? Number.NaN);
  const at = Number.isSafeInteger(event) && event > 0 ? event : undefined;
  if (view === "saga" && what !== "") return { view, name: what };
  if (view === "execution" && what !== "") return { view, arn: what, at };
  if (view === "open") return { view, at };
  return { view: "sagas" };
}

/** A typed hash may contain a percent sign that escapes nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const sagaLink = (name: string): string => `#/saga/${encodeURIComponent(name)}`;
/** The colons of an ARN are not escaped. A hash may contain them, and the link stays readable. */
export const executionLink = (arn: string): string => `#/execution/${encodeURIComponent(arn).replaceAll("%3A", ":")}`;

export const route = signal<Route>({ view: "sagas" });

/** Follows the URL's hash from now on. */
export function followAddress(): void {
  const read = (): void => {
    route.value = readRoute(location.hash);
  };
  addEventListener("hashchange", () => {
    read();
    // The keyboard continues at the new content, and screen readers read it.
    document.getElementById("main")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  });
  read();
}

export function goTo(link: string): void {
  location.hash = link;
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Writes the selected event into the URL, without a new entry in the browser's history. */
export function noteMoment(at: number | undefined): void {
  clearTimeout(timer);
  const [path = ""] = location.hash.split("?");
  // Browsers limit calls of replaceState, so a moving slider must not call it each time.
  timer = setTimeout(() => {
    if (location.hash.split("?")[0] === path)
      history.replaceState(null, "", `${path}${at === undefined ? "" : `?at=${at}`}`);
  }, 300);
}
