const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
] as const;

/** In two units at most, rounded up: for what takes so long at most. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "no bound";
  const at = UNITS.findIndex(([, size]) => seconds >= size);
  const [unit, size] = UNITS[at] ?? UNITS[3];
  const [lower, step] = (at === -1 ? undefined : UNITS[at + 1]) ?? UNITS[3];
  const up = Math.ceil(seconds / step) * step;
  // It may have come to a larger unit.
  if (up > seconds) return duration(up);
  const whole = Math.floor(up / size);
  const rest = (up - whole * size) / step;
  return `${whole} ${unit}${rest > 0 ? ` ${rest} ${lower}` : ""}`;
}
