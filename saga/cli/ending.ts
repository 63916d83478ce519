const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

let closing: (() => Promise<void>) | undefined;

/** Sets what is closed before a signal ends the process. */
export function closeBeforeEnd(close: () => Promise<void>): void {
  closing = close;
}

/** Makes signals close what has been started, and then end the process. A second signal ends it at once. */
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
