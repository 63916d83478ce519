import { signal } from "@preact/signals";

/** What the page shows: its hash names it, so that it can be linked and gone back to. */
export type Route =
  | { readonly view: "sagas" }
  | { readonly view: "saga"; readonly name: string }
  | { readonly view: "execution"; readonly arn: string; readonly at: number | undefined }
  | { readonly view: "open"; readonly at: number | undefined };

/** Reads a hash; what it does not know is the list of sagas. */
export function readRoute(hash: string): Route {
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

/** A hash that was typed may have a lone percent sign. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const sagaLink = (name: string): string => `#/saga/${encodeURIComponent(name)}`;
/** The colons of an ARN stay as they are: a hash takes them, and they can be read. */
export const executionLink = (arn: string): string => `#/execution/${encodeURIComponent(arn).replaceAll("%3A", ":")}`;

export const route = signal<Route>({ view: "sagas" });

/** Keeps the route by the address from now on. */
export function followAddress(): void {
  const read = (): void => {
    route.value = readRoute(location.hash);
  };
  addEventListener("hashchange", () => {
    read();
    // Whoever goes on by keyboard begins at the new content; whoever hears the page is told its title.
    document.getElementById("main")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  });
  read();
}

export function goTo(link: string): void {
  location.hash = link;
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Lets the address name the moment that is shown, in no new step of the browser's history. */
export function noteMoment(at: number | undefined): void {
  clearTimeout(timer);
  const [path = ""] = location.hash.split("?");
  // Browsers refuse to be told of every move of a slider.
  timer = setTimeout(() => {
    if (location.hash.split("?")[0] === path)
      history.replaceState(null, "", `${path}${at === undefined ? "" : `?at=${at}`}`);
  }, 300);
}
