import { useSignal } from "@preact/signals";
import type { ComponentChildren, HTMLAttributes } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  readonly count: number;
  /** The height of a row, in rem. */
  readonly rowHeight: number;
  readonly row: (index: number) => ComponentChildren;
  /** The row to scroll into view. */
  readonly shown?: number | undefined;
  readonly onNearEnd?: () => void;
  /** Attributes of the scrolling box, such as its role. */
  readonly box: HTMLAttributes<HTMLDivElement>;
}

const BEYOND = 8;

/**
 * A list of any length. Only the rows in view are rendered. Their position is set through the style object, since the
 * content security policy forbids style attributes.
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
