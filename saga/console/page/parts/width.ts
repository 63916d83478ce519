import { signal } from "@preact/signals";

const query = matchMedia("(max-width: 44rem)");

/** Whether the page is narrow: on a phone, or enlarged. */
export const narrow = signal(query.matches);

query.addEventListener("change", () => {
  narrow.value = query.matches;
});
