import { signal } from "@preact/signals";

const query = matchMedia("(max-width: 44rem)");

/** Whether the page is as narrow as on a phone, or enlarged as much. */
export const narrow = signal(query.matches);

query.addEventListener("change", () => {
  narrow.value = query.matches;
});
