const OFFSET_DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?(Z|([+-])(\d{2}):(\d{2})(?::(\d{2}))?)$/i;

/**
 * Reads an ISO-8601 extended offset date-time, as Wait requires it: with a `T`, an offset, and fields that exist.
 * Gives milliseconds since the epoch, or `undefined`.
 */
export function parseTimestamp(text: string): number | undefined {
  const match = OFFSET_DATE_TIME.exec(text);
  if (!match) return undefined;
  const part = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  if (part(10) > 18 || part(11) > 59 || part(12) > 59) return undefined;
  const time = Date.UTC(year, month - 1, day, hour, minute, second, Math.floor(part(7) * 1000));
  // Date.UTC carries over: the 30th of February would become the 1st of March.
  const date = new Date(time);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offset = (part(10) * 3600 + part(11) * 60 + part(12)) * 1000;
  return match[9] === "-" ? time + offset : time - offset;
}
