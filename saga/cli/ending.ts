const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

let closing: (() => Promise<void>) | undefined;

/** Has something closed before a signal ends the process. */
export function closeBeforeEnd(close: () => Promise<void>): void {
  closing = close;
}

/** Ends the process by a signal, as others end: with what has been started. A second signal does not wait for that. */
export function endBySignals(): void {
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      const close = closing;
      closing = undefined;
      if (close) void close().finally(() => process.exit(code));
      else process.exit(code);
    });
  }
}
