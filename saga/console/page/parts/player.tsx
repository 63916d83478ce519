import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  /** Moments are numbered from 1. */
  readonly last: number;
  readonly now: number;
  /** The word for a moment, such as "event". */
  readonly unit: string;
  /** Milliseconds from one moment to the next. */
  readonly pace: number;
  /** How many moments each tick moves on. */
  readonly stride?: number;
  readonly onMove: (to: number) => void;
}

/** Buttons that move through the moments: to the ends, step by step, or automatically. */
export function Player({ last, now, unit, pace, stride = 1, onMove }: Props) {
  const playing = useSignal(false);
  const place = useRef({ last, now });
  place.current = { last, now };

  useEffect(() => {
    if (!playing.value) return;
    const timer = setInterval(() => {
      const { last: end, now: at } = place.current;
      onMove(Math.min(end, at + stride));
      if (at + stride >= end) playing.value = false;
    }, pace);
    return () => {
      clearInterval(timer);
    };
  }, [playing.value, pace, stride]);

  const go = (to: number): void => {
    playing.value = false;
    onMove(to);
  };
  const toggle = (): void => {
    if (!playing.value && now >= last) onMove(1);
    playing.value = !playing.value;
  };
  return (
    <div class="buttons player">
      <Button
        label={`first ${unit}`}
        figure="M4 3v10M13 3L6 8l7 5z"
        disabled={now <= 1}
        act={() => {
          go(1);
        }}
      />
      <Button
        label={`${unit} before`}
        figure="M11 3L4 8l7 5z"
        disabled={now <= 1}
        act={() => {
          go(now - 1);
        }}
      />
      <Button
        label={playing.value ? "pause" : "play"}
        figure={playing.value ? "M5 3v10M11 3v10" : "M3 3l6 5-6 5zM10 3v10"}
        act={toggle}
      />
      <Button
        label={`next ${unit}`}
        figure="M5 3l7 5-7 5z"
        disabled={now >= last}
        act={() => {
          go(now + 1);
        }}
      />
      <Button
        label={`last ${unit}`}
        figure="M12 3v10M3 3l7 5-7 5z"
        disabled={now >= last}
        act={() => {
          go(last);
        }}
      />
    </div>
  );
}

interface ButtonProps {
  readonly label: string;
  /** In a square of 16. */
  readonly figure: string;
  readonly disabled?: boolean;
  readonly act: () => void;
}

const Button = ({ label, figure, disabled = false, act }: ButtonProps) => (
  <button type="button" aria-label={label} title={label} disabled={disabled} onClick={act}>
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={figure} fill="currentColor" stroke="currentColor" stroke-width="2" stroke-linejoin="round" />
    </svg>
  </button>
);
