import type { ExecutionListItem, SFNClient } from "@aws-sdk/client-sfn";
import { inGroups } from "../../control/in-groups";
import { type ExecutionOutcome, executionOutcomeOf, EXECUTION_OUTCOMES, STATUS_OF } from "../../asl/outcome";
import type { ConsoleOptions } from "./options";
import type { Machines } from "./machines";
import { invalid } from "./refusal";

/** An execution in the list. */
export interface ExecutionItem {
  readonly arn: string;
  readonly name: string;
  readonly saga: string;
  readonly outcome: ExecutionOutcome;
  readonly started: Date | undefined;
  readonly stopped?: Date;
}

export interface ExecutionQuery {
  /** The name of a saga, or the ARN of its machine. */
  readonly saga?: string | undefined;
  readonly outcome?: string | undefined;
  /** A part of the name, or a complete ARN. */
  readonly q?: string | undefined;
  readonly next?: string | undefined;
}

const PAGE = 100;
/** Pages of the service that are read to fill one page of the answer. */
const MOST_PAGES = 20;
/**
 * The same, if each failed execution must be described to learn its outcome. AWS allows a burst of 300 requests of
 * DescribeExecution, and then 15 a second (in some regions 250 and 10).
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */
const MOST_DESCRIBED_PAGES = 3;
const TOGETHER = 6;
/** The error of an ended execution is requested once. So many are cached. */
const REMEMBERED = 20_000;

type Status = (typeof STATUS_OF)[ExecutionOutcome];

/** How far the list of one machine has been read: the token of the service's page, and how many of its items were taken. */
interface Place {
  readonly arn: string;
  readonly token?: string;
  readonly taken: number;
}

/** Lists the executions of all machines together, the latest first. */
export class ExecutionList {
  private readonly errors = new Map<string, string | undefined>();

  constructor(
    private readonly options: Pick<ConsoleOptions, "target">,
    private readonly machines: Machines,
  ) {}

  async page(query: ExecutionQuery): Promise<{ executions: readonly ExecutionItem[]; next?: string }> {
    const { saga, q = "", next } = query;
    const outcome = outcomeIn(query);
    const sfn = await this.options.target.sfn();
    if (/^arn:[^:]+:states:[^:]*:\d+:execution:/.test(q)) return { executions: await this.one(sfn, q) };
    let places = next === undefined ? await this.first(saga) : readPlaces(next);
    const status = outcome && STATUS_OF[outcome];
    const mostPages = status === "FAILED" ? MOST_DESCRIBED_PAGES : MOST_PAGES;
    const executions: ExecutionItem[] = [];
    for (let pages = 0; places.length > 0 && executions.length < PAGE && pages < mostPages; pages++) {
      const merged = await this.merge(sfn, places, { status, most: PAGE - executions.length, q: q.toLowerCase() });
      const items = await inGroups(merged.items, TOGETHER, (each) => this.item(sfn, each));
      executions.push(...items.filter((item) => outcome === undefined || item.outcome === outcome));
      places = merged.places;
    }
    return { executions, ...(places.length > 0 && { next: writePlaces(places) }) };
  }

  private async first(saga: string | undefined): Promise<readonly Place[]> {
    const arns =
      saga === undefined ? (await this.machines.list()).map(({ arn }) => arn) : [await this.machines.arnOf(saga)];
    return arns.map((arn) => ({ arn, taken: 0 }));
  }

  /** The next executions of all lists, the latest first, and how far each list has been read after that. */
  private async merge(
    sfn: SFNClient,
    places: readonly Place[],
    { status, most, q }: { readonly status: Status | undefined; readonly most: number; readonly q: string },
  ): Promise<{ readonly items: readonly ExecutionListItem[]; readonly places: readonly Place[] }> {
    const { ListExecutionsCommand } = await import("@aws-sdk/client-sfn");
    const lists = await inGroups(places, TOGETHER, async (place) => {
      const { executions = [], nextToken } = await sfn.send(
        new ListExecutionsCommand({
          stateMachineArn: place.arn,
          maxResults: PAGE,
          nextToken: place.token,
          ...(status !== undefined && { statusFilter: status }),
        }),
      );
      return { place, executions, nextToken, at: place.taken };
    });
    const items: ExecutionListItem[] = [];
    // At the end of a page that has a next one, the merge stops: the next page may have the latest execution.
    while (
      items.length < most &&
      lists.every(({ executions, nextToken, at }) => at < executions.length || nextToken === undefined)
    ) {
      const open = lists.filter(({ executions, at }) => at < executions.length);
      const [latest] = open.sort((one, other) => timeOf(other.executions[other.at]) - timeOf(one.executions[one.at]));
      if (!latest) break;
      const item = latest.executions[latest.at++] as ExecutionListItem;
      if (q === "" || (item.name ?? "").toLowerCase().includes(q)) items.push(item);
    }
    const further = lists.flatMap(({ place, executions, nextToken, at }): Place[] => {
      if (at < executions.length) return [{ ...place, taken: at }];
      return nextToken === undefined ? [] : [{ arn: place.arn, token: nextToken, taken: 0 }];
    });
    return { items, places: further };
  }

  private async one(sfn: SFNClient, executionArn: string): Promise<readonly ExecutionItem[]> {
    const { DescribeExecutionCommand } = await import("@aws-sdk/client-sfn");
    try {
      return [
        await this.item(sfn, (await sfn.send(new DescribeExecutionCommand({ executionArn }))) as ExecutionListItem),
      ];
    } catch (error) {
      if ((error as Error).name === "ExecutionDoesNotExist") return [];
      throw error;
    }
  }

  private async item(sfn: SFNClient, listed: ExecutionListItem): Promise<ExecutionItem> {
    const { executionArn: arn = "", name = "", stateMachineArn = "", status = "RUNNING", startDate, stopDate } = listed;
    const error = status === "FAILED" ? await this.errorOf(sfn, listed) : undefined;
    return {
      arn,
      name,
      saga: this.machines.nameOf(stateMachineArn),
      outcome: executionOutcomeOf(status, error),
      started: startDate,
      ...(stopDate && { stopped: stopDate }),
    };
  }

  private async errorOf(sfn: SFNClient, { executionArn, stopDate }: ExecutionListItem): Promise<string | undefined> {
    const key = `${executionArn ?? ""} ${stopDate?.getTime() ?? 0}`;
    if (this.errors.has(key)) return this.errors.get(key);
    const { DescribeExecutionCommand } = await import("@aws-sdk/client-sfn");
    const { error } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    this.errors.set(key, error);
    for (const oldest of this.errors.keys()) if (this.errors.size > REMEMBERED) this.errors.delete(oldest);
    return error;
  }
}

/** @throws Refusal */
function outcomeIn({ outcome }: ExecutionQuery): ExecutionOutcome | undefined {
  const found = EXECUTION_OUTCOMES.find((each) => each === outcome);
  if (outcome === undefined || found) return found;
  throw invalid(`there is no outcome '${outcome}'; there are ${EXECUTION_OUTCOMES.join(", ")}`);
}

const timeOf = (item: ExecutionListItem | undefined): number =>
  (item?.stopDate ?? item?.redriveDate ?? item?.startDate)?.getTime() ?? 0;

const writePlaces = (places: readonly Place[]): string => Buffer.from(JSON.stringify(places)).toString("base64url");

/** @throws Refusal */
function readPlaces(next: string): readonly Place[] {
  try {
    const places = JSON.parse(Buffer.from(next, "base64url").toString()) as readonly Partial<Place>[];
    return places.map(({ arn, token, taken }) => {
      if (typeof arn !== "string" || !Number.isInteger(taken)) throw invalid("");
      return { arn, taken: taken as number, ...(typeof token === "string" && { token }) };
    });
  } catch {
    throw invalid("'next' is not from the answer before");
  }
}
