const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
] as const;

/** An upper bound of seconds, in at most two units, rounded up. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "no bound";
  const at = UNITS.findIndex(([, size]) => seconds >= size);
  const [unit, size] = UNITS[at] ?? UNITS[3];
  const [lower, step] = (at === -1 ? undefined : UNITS[at + 1]) ?? UNITS[3];
  const up = Math.ceil(seconds / step) * step;
  // Rounding up may have reached a larger unit.
  if (up > seconds) return duration(up);
  const whole = Math.floor(up / size);
  const rest = (up - whole * size) / step;
  return `${whole} ${unit}${rest > 0 ? ` ${rest} ${lower}` : ""}`;
}
