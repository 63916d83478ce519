import { signal } from "@preact/signals";
import { messageOf, read } from "../api";
import type { LogLine, Row, Session } from "../wire";
import { session } from "./console";

/**
 * The shortest time from one answer to the next request, in milliseconds. On AWS a request for logs is one for each
 * function, and an account may send only a few a second.
 */
export const PACES: Readonly<Record<Session["target"]["kind"], number>> = {
  local: 2000,
  endpoint: 10_000,
  stack: 10_000,
};

/**
 * A list that belongs to an execution and is not in its history. It is read while a view shows it: at once, and again as
 * the execution goes on.
 */
export class Aside<T> {
  /** The last answer. It stays if a later request fails. */
  readonly found = signal<readonly T[] | undefined>(undefined);
  /** Why the last request failed. */
  readonly problem = signal<string | undefined>(undefined);
  private arn: string | undefined;
  private controller = new AbortController();
  private viewers = 0;
  /** How many more times it must be read. */
  private due = 0;
  private reading = false;
  private earliest = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly path: string) {}

  /** Forgets the list of the execution before. */
  belongTo(arn: string | undefined): void {
    this.controller.abort();
    this.controller = new AbortController();
    clearTimeout(this.timer);
    this.timer = undefined;
    this.arn = arn;
    this.reading = false;
    this.earliest = 0;
    this.found.value = undefined;
    this.problem.value = undefined;
    this.due = arn === undefined ? 0 : 1;
    this.schedule();
  }

  /**
   * Reads the list for as long as a view shows it.
   * @returns a function that ends the view
   */
  view(): () => void {
    this.viewers += 1;
    if (this.problem.peek() !== undefined) this.due = Math.max(this.due, 1);
    this.schedule();
    return () => {
      this.viewers -= 1;
      if (this.viewers > 0) return;
      clearTimeout(this.timer);
      this.timer = undefined;
    };
  }

  /** The list may have changed. */
  note(times = 1): void {
    if (this.arn !== undefined) this.due = Math.max(this.due, times);
    this.schedule();
  }

  private schedule(): void {
    if (this.viewers === 0 || this.due === 0 || this.reading || this.timer !== undefined) return;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        void this.readNow();
      },
      Math.max(0, this.earliest - Date.now()),
    );
  }

  private async readNow(): Promise<void> {
    const { signal: aborted } = this.controller;
    this.reading = true;
    this.due -= 1;
    try {
      const found = await read<readonly T[]>(this.path, { arn: this.arn }, aborted);
      if (aborted.aborted) return;
      this.found.value = found;
      this.problem.value = undefined;
    } catch (error) {
      if (aborted.aborted) return;
      this.problem.value = messageOf(error);
    }
    this.reading = false;
    this.earliest = Date.now() + PACES[session.peek()?.target.kind ?? "local"];
    this.schedule();
  }
}

export const rows = new Aside<Row>("rows");
export const logs = new Aside<LogLine>("logs");
