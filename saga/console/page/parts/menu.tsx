import { useEffect, useRef } from "preact/hooks";

export interface MenuItem {
  readonly text: string;
  readonly act: () => void;
}

interface Props {
  readonly label: string;
  /** The element beside which the menu opens. */
  readonly anchor: Element;
  readonly groups: readonly { readonly title: string; readonly items: readonly MenuItem[] }[];
  readonly onClose: () => void;
}

/** A menu beside the pressed element. Arrow keys move through it. Escape and a press elsewhere close it. */
export function Menu({ label, anchor, groups, onClose }: Props) {
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = menu.current as HTMLDivElement;
    element.showPopover();
    const place = anchor.getBoundingClientRect();
    const { width, height } = element.getBoundingClientRect();
    const right = place.right + 8 + width <= innerWidth ? place.right + 8 : place.left - width - 8;
    element.style.left = `${Math.max(8, Math.min(right < 8 ? place.left : right, innerWidth - width - 8))}px`;
    const top = right < 8 ? place.bottom + 8 : place.top;
    element.style.top = `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`;
    itemsOf(element)[0]?.focus();
    const closed = (event: Event): void => {
      if ((event as ToggleEvent).newState === "closed") onClose();
    };
    element.addEventListener("toggle", closed);
    return () => {
      element.removeEventListener("toggle", closed);
      if (anchor instanceof HTMLElement || anchor instanceof SVGElement) anchor.focus();
    };
  }, [anchor]);

  const move = (event: KeyboardEvent): void => {
    const items = itemsOf(menu.current as HTMLDivElement);
    const from = items.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: from + 1, ArrowUp: from - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Tab") onClose();
    if (to === undefined) return;
    event.preventDefault();
    items.at(to % items.length)?.focus();
  };

  return (
    <div ref={menu} popover="auto" role="menu" aria-label={label} class="menu" onKeyDown={move}>
      {groups.map(({ title, items }) => (
        <div role="group" aria-label={title} key={title}>
          <div class="menu-title" aria-hidden="true">
            {title}
          </div>
          {items.map(({ text, act }) => (
            <button
              type="button"
              role="menuitem"
              tabIndex={-1}
              key={text}
              onClick={() => {
                onClose();
                act();
              }}
            >
              {text}
            </button>
          ))}
        </div>
      ))}
    </div>
  );
}

const itemsOf = (menu: HTMLElement): readonly HTMLElement[] => [
  ...menu.querySelectorAll<HTMLElement>("[role=menuitem]"),
];
