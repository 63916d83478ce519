/**
 * Shows the progress of long work on one line of a terminal, and clears the line at the end.
 * @param work Tells what is done, and what else there is to say about it.
 */
export async function progress<T>(
  what: string,
  work: (tell: (done: number, more?: string) => void) => Promise<T>,
): Promise<T> {
  if (!process.stderr.isTTY) return work(() => {});
  try {
    return await work((done, more = "") =>
      process.stderr.write(`\r${done.toLocaleString("en")} ${what}${more} …\u001b[K`),
    );
  } finally {
    process.stderr.write("\r\u001b[K");
  }
}
