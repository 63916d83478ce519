/** Shows the progress of long work on one line of a terminal, and clears the line at the end. */
export async function progress<T>(what: string, work: (tell: (done: number) => void) => Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work(() => {});
  try {
    return await work((done) => process.stderr.write(`\r${done.toLocaleString("en")} ${what} …`));
  } finally {
    process.stderr.write("\r\u001b[K");
  }
}
