import { useSignal } from "@preact/signals";
import type { ComponentChildren, HTMLAttributes } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  readonly count: number;
  /** Of a row, in rem: it grows with the font. */
  readonly rowHeight: number;
  readonly row: (index: number) => ComponentChildren;
  /** A row that is brought into view when it changes. */
  readonly shown?: number | undefined;
  readonly onNearEnd?: () => void;
  /** Attributes of the box that scrolls: its role and its name. */
  readonly box: HTMLAttributes<HTMLDivElement>;
}

const BEYOND = 8;

/**
 * A list of any length of which only the rows in view are made. Rows are placed through the style's object, which a strict
 * content security policy lets be.
 */
export function VirtualList({ count, rowHeight, row, shown, onNearEnd, box }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const height = useSignal(600);
  const rem = useSignal(16);
  const pixels = rowHeight * rem.value;

  useEffect(() => {
    const scroller = element.current as HTMLDivElement;
    const measure = (): void => {
      rem.value = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      height.value = scroller.clientHeight;
    };
    const observer = new ResizeObserver(measure);
    observer.observe(scroller);
    measure();
    return () => {
      observer.disconnect();
    };
  }, []);

  useEffect(() => {
    const scroller = element.current as HTMLDivElement;
    if (shown === undefined || shown < 0) return;
    const [from, to] = [shown * pixels, (shown + 1) * pixels];
    if (from < scroller.scrollTop) scroller.scrollTop = from;
    else if (to > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = to - scroller.clientHeight;
  }, [shown, pixels]);

  const first = Math.max(0, Math.floor(top.value / pixels) - BEYOND);
  const last = Math.min(count, Math.ceil((top.value + height.value) / pixels) + BEYOND);
  useEffect(() => {
    if (count > 0 && last >= count - 50) onNearEnd?.();
  }, [last, count]);

  const rows = Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at);
  return (
    <div
      {...box}
      ref={element}
      class={`virtual ${typeof box.class === "string" ? box.class : ""}`}
      onScroll={(event) => {
        top.value = event.currentTarget.scrollTop;
      }}
    >
      <div role="presentation" class="virtual-all" style={{ height: `${count * rowHeight}rem` }}>
        <div role="presentation" class="virtual-rows" style={{ transform: `translateY(${first * rowHeight}rem)` }}>
          {rows.map(row)}
        </div>
      </div>
    </div>
  );
}
