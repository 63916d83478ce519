import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

export interface Tab {
  readonly id: string;
  readonly title: string;
  /** Renders the tab's content when it is selected. */
  readonly view: () => ComponentChildren;
}

/** Tabs, one of which is selected. Arrow keys move from tab to tab. */
export function Tabs({ label, tabs }: { readonly label: string; readonly tabs: readonly Tab[] }) {
  const chosen = useSignal(tabs[0]?.id ?? "");
  const list = useRef<HTMLDivElement>(null);
  const current = tabs.find(({ id }) => id === chosen.value) ?? tabs[0];
  const move = (event: KeyboardEvent): void => {
    const from = tabs.findIndex(({ id }) => id === current?.id);
    const to = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: tabs.length - 1 }[event.key];
    const tab = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length];
    if (!tab) return;
    event.preventDefault();
    chosen.value = tab.id;
    list.current?.querySelector<HTMLElement>(`#tab-${tab.id}`)?.focus();
  };
  return (
    <section class="panel">
      <div role="tablist" aria-label={label} class="tabs" ref={list} onKeyDown={move}>
        {tabs.map(({ id, title }) => (
          <button
            type="button"
            role="tab"
            key={id}
            id={`tab-${id}`}
            aria-selected={id === current?.id}
            aria-controls="tab-panel"
            tabIndex={id === current?.id ? 0 : -1}
            onClick={() => {
              chosen.value = id;
            }}
          >
            {title}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${current?.id ?? ""}`}>
        {current?.view()}
      </div>
    </section>
  );
}
