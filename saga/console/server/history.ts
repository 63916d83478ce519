import type { HistoryEvent, SFNClient } from "@aws-sdk/client-sfn";
import { hidesData, withoutData } from "./data";

/** Events in order, and the number of the next one if the history has more. */
export interface HistoryPage {
  readonly events: readonly HistoryEvent[];
  readonly next?: number;
}

/** The most events that GetExecutionHistory returns at a time. */
const PAGE = 1000;
/** The most cached tokens, and executions of which it is known whether they hide data. */
const REMEMBERED = 1000;

/** Reads the histories of executions, without data that must not be shown. */
export class Histories {
  /** The service's tokens, by the execution's ARN and the number of the first event of the page. */
  private readonly tokens = new Bounded<string>(REMEMBERED);
  private readonly hidden = new Bounded<boolean>(REMEMBERED);

  constructor(private readonly client: () => Promise<SFNClient>) {}

  /** Whether the data of an execution must not be shown. */
  async hides(executionArn: string): Promise<boolean> {
    const known = this.hidden.get(executionArn);
    if (known !== undefined) return known;
    const { DescribeStateMachineForExecutionCommand } = await import("@aws-sdk/client-sfn");
    const sfn = await this.client();
    const { loggingConfiguration } = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    const hides = hidesData(loggingConfiguration);
    this.hidden.set(executionArn, hides);
    return hides;
  }

  /** The number of the last event so far. */
  async last(executionArn: string): Promise<number> {
    const { GetExecutionHistoryCommand } = await import("@aws-sdk/client-sfn");
    const sfn = await this.client();
    const latest = { executionArn, maxResults: 1, reverseOrder: true, includeExecutionData: false };
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand(latest));
    return events[0]?.id ?? 0;
  }

  /** A page of events that begins at an event's number. */
  async page(executionArn: string, from = 1): Promise<HistoryPage> {
    // The service can't start at a number. Without a cached token, the history is read from its start.
    let at = this.nearest(executionArn, from);
    for (;;) {
      const { events, nextToken } = await this.read(executionArn, { nextToken: at.token });
      const next = (events.at(-1)?.id ?? at.id - 1) + 1;
      if (nextToken !== undefined) this.tokens.set(placeOf(executionArn, next), nextToken);
      if (next > from || nextToken === undefined) {
        const wanted = events.filter(({ id = 0 }) => id >= from);
        return { events: wanted, ...(nextToken !== undefined && { next }) };
      }
      at = { id: next, token: nextToken };
    }
  }

  /** The events after an event. They are read from the end of the history, where mostly one page is enough. */
  async since(executionArn: string, last: number): Promise<readonly HistoryEvent[]> {
    const found: HistoryEvent[] = [];
    let nextToken: string | undefined;
    do {
      const page = await this.read(executionArn, { nextToken, reverse: true });
      found.push(...page.events.filter(({ id = 0 }) => id > last));
      nextToken = (page.events.at(-1)?.id ?? 0) > last + 1 ? page.nextToken : undefined;
    } while (nextToken !== undefined);
    return found.reverse();
  }

  private nearest(executionArn: string, from: number): { readonly id: number; readonly token?: string } {
    const token = this.tokens.get(placeOf(executionArn, from));
    return token === undefined ? { id: 1 } : { id: from, token };
  }

  private async read(
    executionArn: string,
    { nextToken, reverse = false }: { readonly nextToken?: string | undefined; readonly reverse?: boolean },
  ): Promise<{ readonly events: readonly HistoryEvent[]; readonly nextToken: string | undefined }> {
    const { GetExecutionHistoryCommand } = await import("@aws-sdk/client-sfn");
    const hides = await this.hides(executionArn);
    const sfn = await this.client();
    const { events = [], nextToken: next } = await sfn.send(
      new GetExecutionHistoryCommand({
        executionArn,
        // The latest events are mostly few.
        maxResults: reverse ? PAGE / 10 : PAGE,
        nextToken,
        ...(reverse && { reverseOrder: true }),
        // Data that was never requested can't leak.
        ...(hides && { includeExecutionData: false }),
      }),
    );
    return { events: hides ? events.map(withoutData) : events, nextToken: next };
  }
}

const placeOf = (executionArn: string, id: number): string => `${executionArn} ${id}`;

/** A map that drops the oldest entries. */
class Bounded<T> {
  private readonly values = new Map<string, T>();

  constructor(private readonly most: number) {}

  get(key: string): T | undefined {
    return this.values.get(key);
  }

  set(key: string, value: T): void {
    this.values.delete(key);
    this.values.set(key, value);
    for (const oldest of this.values.keys()) {
      if (this.values.size <= this.most) return;
      this.values.delete(oldest);
    }
  }
}
