import type { ExecutionListItem, SFNClient } from "@aws-sdk/client-sfn";
import type { ServerResponse } from "node:http";
import { inGroups } from "../../control/in-groups";
import { HEADERS } from "./guard";
import type { Histories, HistoryPage } from "./history";
import type { Machines } from "./machines";
import { type ConsoleOptions, unmasked } from "./options";
import { Refusal } from "./refusal";

/** Milliseconds between two requests: the shortest, and the longest after a while without changes. */
interface Pace {
  readonly first: number;
  readonly last: number;
}

/** On this machine a request takes a millisecond. AWS throttles at a few requests a second. */
const PACES: Readonly<Record<ConsoleOptions["target"]["kind"], Pace>> = {
  local: { first: 150, last: 1000 },
  endpoint: { first: 500, last: 5000 },
  stack: { first: 2000, last: 15_000 },
};
/** Milliseconds between two heartbeats, which keep an idle connection open. */
const HEARTBEAT = 15_000;
/** The most pages that listen at a time. */
const MOST_CLIENTS = 50;
/** The most unsent bytes of a page that does not read. */
const MOST_WAITING = 16 * 1024 * 1024;
/** The most machines that are requested at a time. */
const TOGETHER = 4;
/** The number of latest executions that are watched, per machine. */
const LATEST = 100;
/** Older executions that were still running are described one by one. So many in a round. */
const MOST_OLDER = 10;

export interface LiveOptions extends Pick<ConsoleOptions, "target" | "mask"> {
  readonly machines: Machines;
  readonly histories: Histories;
}

interface Listener {
  /** @param id A page that reconnects sends the last id that it received. */
  send(event: string, data: unknown, id?: number): void;
}

const idLine = (id: number | undefined): string => (id === undefined ? "" : `id: ${id}\n`);

/**
 * Sends changes to pages as they happen. Everything is requested once, however many pages watch it, and not at all while
 * no page listens.
 */
export class Live {
  private readonly clients = new Set<ServerResponse>();
  private readonly lists: ListWatch;
  private readonly histories = new Map<string, HistoryWatch>();

  constructor(private readonly options: LiveOptions) {
    this.lists = new ListWatch(options);
  }

  /**
   * Answers with a stream of server-sent events, until the page closes it.
   * @param arn An execution whose events are sent as well: from number `from` on, or without `from` only new ones.
   * @throws Refusal
   */
  async open(outgoing: ServerResponse, arn?: string, from?: number): Promise<void> {
    if (this.clients.size >= MOST_CLIENTS) {
      throw new Refusal(503, "TooManyPages", `${MOST_CLIENTS} pages already listen: close some`, {
        "Retry-After": "10",
      });
    }
    this.clients.add(outgoing);
    const closing: (() => void)[] = [() => this.clients.delete(outgoing)];
    const leave = (): void => {
      for (const each of closing.splice(0)) each();
    };
    outgoing.on("close", leave);
    let next = from ?? 1;
    try {
      // An execution that does not exist is answered with a status. That is possible only before the stream begins.
      if (arn !== undefined && from === undefined) next = 1 + (await this.options.histories.last(arn));
      else if (arn !== undefined) await this.options.histories.hides(arn);
    } catch (error) {
      leave();
      throw error;
    }
    outgoing.writeHead(200, { ...HEADERS, "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    const { mask = unmasked } = this.options;
    const listener: Listener = {
      send: (event, data, id) => {
        if (outgoing.destroyed) return;
        // A page that stopped reading is disconnected. It reconnects once it reads again.
        if (outgoing.writableLength > MOST_WAITING) outgoing.destroy();
        else outgoing.write(`event: ${event}\n${idLine(id)}data: ${mask(JSON.stringify(data))}\n\n`);
      },
    };
    outgoing.write("retry: 1000\n\n");
    const heartbeat = setInterval(() => outgoing.write(": \n\n"), HEARTBEAT);
    closing.push(() => {
      clearInterval(heartbeat);
    });
    closing.push(this.lists.listen(listener));
    // A proof may have ended after the page read the list of sagas, and before it listened.
    if (this.options.machines.isOutdated()) listener.send("sagas", {});
    if (arn !== undefined) closing.push(await this.watch(arn).follow(listener, next));
    // The page may have closed the stream meanwhile.
    if (outgoing.destroyed) leave();
  }

  /** The page changed something: look at once. */
  stir(arn?: string): void {
    this.lists.stir();
    if (arn !== undefined) this.histories.get(arn)?.stir();
  }

  /** The machines or their verdicts have changed. */
  sagas(): void {
    this.options.machines.forget();
    this.lists.tell("sagas", {});
  }

  close(): void {
    for (const outgoing of this.clients) outgoing.end();
    this.lists.close();
    for (const watch of this.histories.values()) watch.close();
  }

  private watch(arn: string): HistoryWatch {
    const there = this.histories.get(arn);
    if (there) return there;
    const watch = new HistoryWatch(arn, this.options, () => this.histories.delete(arn));
    this.histories.set(arn, watch);
    return watch;
  }
}

/** Polls something for as long as somebody listens. */
abstract class Watch<T> {
  protected readonly listeners = new Set<T>();
  private readonly pace: Pace;
  private wait = 0;
  private timer: NodeJS.Timeout | undefined;
  private looking = false;
  private again = false;

  constructor(
    { target }: Pick<ConsoleOptions, "target">,
    private readonly onIdle: () => void = () => {},
  ) {
    this.pace = PACES[target.kind];
  }

  /** @returns a function that ends it */
  listen(listener: T): () => void {
    this.listeners.add(listener);
    this.stir();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.close();
    };
  }

  /** Polls at once, and then at the shortest interval again. */
  stir(): void {
    this.wait = 0;
    this.again = true;
    void this.go();
  }

  close(): void {
    clearTimeout(this.timer);
    this.listeners.clear();
    this.onIdle();
  }

  /** @returns whether something has changed */
  protected abstract look(): Promise<boolean>;

  private async go(): Promise<void> {
    if (this.looking) return;
    clearTimeout(this.timer);
    this.looking = true;
    try {
      while (this.again && this.listeners.size > 0) {
        this.again = false;
        // After a failure the interval grows: the request may be throttled, or the credentials may have expired.
        const happened = await this.look().catch(() => false);
        const { first, last } = this.pace;
        this.wait = happened || this.wait === 0 ? first : Math.min(this.wait * 1.5, last);
      }
    } finally {
      this.looking = false;
    }
    if (this.listeners.size === 0) return;
    this.timer = setTimeout(() => {
      this.again = true;
      void this.go();
    }, this.wait);
  }
}

interface Seen {
  readonly status: string;
  readonly key: string;
}

/** The executions of all machines. */
class ListWatch extends Watch<Listener> {
  private seen: ReadonlyMap<string, Seen> | undefined;
  private arns = "";

  constructor(private readonly options: LiveOptions) {
    super(options);
  }

  tell(event: string, data: unknown): void {
    for (const each of this.listeners) each.send(event, data);
  }

  override close(): void {
    super.close();
    // The next listener must not be sent the changes in between as new.
    this.seen = undefined;
  }

  protected override async look(): Promise<boolean> {
    const { target, machines } = this.options;
    const sfn = await target.sfn();
    const arns = (await machines.list()).map(({ arn }) => arn);
    const others = arns.join();
    if (this.seen && others !== this.arns) this.tell("sagas", {});
    this.arns = others;
    const lists = await inGroups(arns, TOGETHER, (arn) => latestOf(sfn, arn));
    const now = new Map(lists.flat().map((item) => [item.executionArn as string, seenAs(item)]));
    const before = this.seen;
    const older = [...(before ?? [])].filter(([arn, { status }]) => status === "RUNNING" && !now.has(arn));
    for (const [arn, seen] of older) now.set(arn, seen);
    await inGroups(older.slice(0, MOST_OLDER), TOGETHER, async ([arn]) => {
      const described = await describe(sfn, arn);
      if (described) now.set(arn, seenAs(described));
      else now.delete(arn);
    });
    this.seen = now;
    if (!before) return false;
    const changed = [...now].flatMap(([arn, { status, key }]) =>
      before.get(arn)?.key === key ? [] : [{ arn, status }],
    );
    if (changed.length > 0) this.tell("executions", { changed });
    return changed.length > 0;
  }
}

async function latestOf(sfn: SFNClient, stateMachineArn: string): Promise<readonly ExecutionListItem[]> {
  const { ListExecutionsCommand } = await import("@aws-sdk/client-sfn");
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: LATEST }));
  return executions;
}

async function describe(sfn: SFNClient, executionArn: string): Promise<ExecutionListItem | undefined> {
  const { DescribeExecutionCommand } = await import("@aws-sdk/client-sfn");
  try {
    return (await sfn.send(new DescribeExecutionCommand({ executionArn }))) as ExecutionListItem;
  } catch {
    return undefined;
  }
}

const seenAs = ({ status = "RUNNING", redriveCount = 0 }: ExecutionListItem): Seen => ({
  status,
  key: `${status} ${redriveCount}`,
});

/** The history of one execution. */
class HistoryWatch extends Watch<Follower> {
  constructor(
    private readonly arn: string,
    private readonly options: LiveOptions,
    onIdle: () => void,
  ) {
    super(options, onIdle);
  }

  /**
   * Sends a page the events from a number on: the existing ones, and then new ones.
   * @returns a function that ends it
   */
  async follow(listener: Listener, from: number): Promise<() => void> {
    const follower = new Follower(listener, from);
    try {
      for (let at: number | undefined = from; at !== undefined;) {
        const { events, next }: HistoryPage = await this.options.histories.page(this.arn, at);
        follower.give(events);
        at = next;
      }
    } catch {
      // The next poll reads what is missing.
    }
    return this.listen(follower);
  }

  protected override async look(): Promise<boolean> {
    const next = Math.min(...[...this.listeners].map((each) => each.next));
    const events = await this.options.histories.since(this.arn, next - 1);
    for (const each of this.listeners) each.give(events);
    return events.length > 0;
  }
}

/** A page that follows a history. */
class Follower {
  constructor(
    private readonly listener: Listener,
    /** The number of the next event to send. */
    public next: number,
  ) {}

  give(events: HistoryPage["events"]): void {
    const fresh = events.filter(({ id = 0 }) => id >= this.next);
    if (fresh.length === 0) return;
    this.next = (fresh.at(-1)?.id ?? 0) + 1;
    this.listener.send("history", { events: fresh }, this.next - 1);
  }
}
