import { join } from "node:path";
import { expect } from "chai";

const ARN = "arn:aws:states:eu-west-1:000000000000:execution:Order:one";
const STATE = join(__dirname, "../../saga/console/page/state");
const DEFINITION = { StartAt: "Work", States: { Work: { Type: "Pass", End: true } } };

interface Request {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly answer: (json: unknown, status?: number) => void;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const eventsFrom = (from: number, to: number, last = "WaitStateExited"): readonly object[] =>
  Array.from({ length: to - from + 1 }, (_, at) => {
    const id = from + at;
    return { id, previousEventId: id - 1, timestamp: id, type: id === 1 ? "ExecutionStarted" : id === to ? last : "X" };
  });

/** Time that passes when the test says so. */
class Clock {
  private readonly timersBefore = { setTimeout, clearTimeout, setInterval, clearInterval };
  private readonly nowBefore = Date.now;
  private timers: { readonly at: number; readonly act: () => void }[] = [];

  constructor(private now: number) {
    Date.now = () => this.now;
    globalThis.setTimeout = ((act: () => void, ms = 0) => {
      const timer = { at: this.now + ms, act };
      this.timers.push(timer);
      return timer;
    }) as unknown as typeof setTimeout;
    globalThis.setInterval = ((act: () => void, ms = 0) => {
      const timer = {
        at: this.now + ms,
        act: () => {
          timer.at += ms;
          this.timers.push(timer);
          act();
        },
      };
      this.timers.push(timer);
      return timer;
    }) as unknown as typeof setInterval;
    globalThis.clearTimeout = globalThis.clearInterval = (timer: unknown) => {
      this.timers = this.timers.filter((each) => each !== timer);
    };
  }

  pass(ms: number): void {
    this.now += ms;
    const due = this.timers.filter(({ at }) => at <= this.now);
    this.timers = this.timers.filter(({ at }) => at > this.now);
    for (const { act } of due) act();
  }

  release(): void {
    Date.now = this.nowBefore;
    Object.assign(globalThis, this.timersBefore);
  }
}

/** The page's state runs in a browser. It needs the page's address and the server's answers, and no document. */
describe("the page's state of an execution", () => {
  let execution: any;
  let console_: any;
  let asides: any;
  let requests: Request[];
  let clock: Clock;
  const before_ = { fetch: globalThis.fetch, location: (globalThis as any).location };

  before(async () => {
    (globalThis as any).location = { origin: "http://127.0.0.1:4566", pathname: "/console/" };
    globalThis.fetch = ((address: string, { signal }: RequestInit = {}) =>
      new Promise((resolve, reject) => {
        const { pathname, searchParams } = new URL(address);
        signal?.addEventListener("abort", () => {
          reject(new DOMException("aborted", "AbortError"));
        });
        requests.push({
          path: pathname.replace("/console/api/", ""),
          query: Object.fromEntries(searchParams),
          answer: (json, status = 200) => {
            resolve(new Response(JSON.stringify(json), { status }));
          },
        });
      })) as typeof fetch;
    execution = await import(join(STATE, "execution"));
    asides = await import(join(STATE, "asides"));
    console_ = await import(join(STATE, "console"));
  });
  after(() => {
    Object.assign(globalThis, before_);
  });
  beforeEach(() => {
    requests = [];
    console_.session.value = { target: { kind: "local", name: "here" }, writable: true, faults: true, token: "x" };
    clock = new Clock(1_000_000);
  });
  afterEach(() => {
    execution.closeExecution();
    clock.release();
  });

  /** Answers the oldest open request to a path. */
  const answer = async (path: string, json: unknown, status?: number): Promise<Request> => {
    const at = requests.findIndex((request) => request.path === path);
    expect(at, `a request to '${path}'`).to.be.at.least(0);
    const [request] = requests.splice(at, 1) as [Request];
    request.answer(json, status);
    for (let turn = 0; turn < 5; turn++) await settled();
    return request;
  };
  const describe_ = (status = "RUNNING") => ({ description: { status }, definition: DEFINITION, saga: "Order" });
  const open = async (last: number): Promise<void> => {
    const opened = execution.openExecution(ARN, undefined);
    await answer("history", { events: eventsFrom(1, last) });
    await answer("execution", describe_());
    await opened;
  };
  const ids = (): readonly number[] => execution.events.value.map(({ id }: { id: number }) => id);

  describe("events that arrive out of order", () => {
    it("are kept during the first reading of the history", async () => {
      const opened = execution.openExecution(ARN, undefined);
      await answer("history", { events: eventsFrom(1, 3), next: 4 });
      execution.subject.value = { key: ARN, live: true, ...describe_() };
      execution.noteHistory(ARN, eventsFrom(6, 7));
      await answer("history", { events: eventsFrom(4, 5) });
      await answer("execution", describe_());
      await opened;
      expect(ids()).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
      expect(requests).to.deep.equal([]);
    });

    it("are kept while a gap is read, whichever answer comes first", async () => {
      await open(3);
      execution.noteHistory(ARN, eventsFrom(6, 6));
      execution.noteHistory(ARN, eventsFrom(8, 8));
      const [first, second] = requests.splice(0) as [Request, Request];
      expect([first.query["from"], second.query["from"]]).to.deep.equal(["4", "4"]);
      second.answer({ events: eventsFrom(4, 8) });
      await settled();
      first.answer({ events: eventsFrom(4, 6) });
      for (let turn = 0; turn < 5; turn++) await settled();
      expect(ids()).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
    });

    it("are shown once if they arrive twice", async () => {
      await open(3);
      execution.noteHistory(ARN, eventsFrom(2, 5));
      execution.noteHistory(ARN, eventsFrom(4, 6));
      expect(ids()).to.deep.equal([1, 2, 3, 4, 5, 6]);
    });
  });

  it("requests the description after the history, and again at the end of the execution", async () => {
    await open(3);
    execution.noteHistory(ARN, eventsFrom(4, 5, "ExecutionSucceeded"));
    await answer("execution", describe_("SUCCEEDED"));
    expect(execution.subject.value.description.status).to.equal("SUCCEEDED");
  });

  it("reads the recovery of a stopped execution every two seconds until it has ended (S12)", async () => {
    execution.followRecovery();
    await open(3);
    execution.noteHistory(ARN, eventsFrom(4, 5, "ExecutionAborted"));
    const recovery = (outcome: string) => ({ arn: `${ARN}_undo`, outcome });
    await answer("execution", { ...describe_("ABORTED"), recovery: null });
    for (const found of [null, recovery("running"), recovery("completed")]) {
      expect(requests).to.deep.equal([]);
      clock.pass(2000);
      await answer("execution", { ...describe_("ABORTED"), recovery: found });
      expect(execution.subject.value.recovery).to.deep.equal(found);
    }
    clock.pass(10_000);
    expect(requests).to.deep.equal([]);
  });

  describe("rows and logs", () => {
    const due = async (ms: number): Promise<number> => {
      clock.pass(ms);
      for (let turn = 0; turn < 5; turn++) await settled();
      return requests.length;
    };

    it("are read while a view shows them: at once, and then at most every two seconds as events arrive", async () => {
      await open(3);
      execution.noteHistory(ARN, eventsFrom(4, 4));
      expect(await due(10_000)).to.equal(0);
      const end = asides.rows.view();
      expect(await due(0)).to.equal(1);
      await answer("rows", [{ table: "orders" }]);
      expect(asides.rows.found.value).to.deep.equal([{ table: "orders" }]);
      expect(await due(10_000)).to.equal(0);
      execution.noteHistory(ARN, eventsFrom(5, 5));
      expect(await due(0)).to.equal(1);
      await answer("rows", []);
      for (let id = 6; id < 20; id++) execution.noteHistory(ARN, eventsFrom(id, id));
      expect(await due(1999)).to.equal(0);
      expect(await due(1)).to.equal(1);
      execution.noteHistory(ARN, eventsFrom(20, 20));
      expect(await due(10_000)).to.equal(1);
      await answer("rows", [{ table: "orders" }]);
      expect(await due(2000)).to.equal(1);
      await answer("rows", []);
      end();
      execution.noteHistory(ARN, eventsFrom(21, 21));
      expect(await due(10_000)).to.equal(0);
    });

    it("are read from AWS at most every ten seconds, and the logs once more after the end, since they arrive late", async () => {
      console_.session.value = { ...console_.session.value, target: { kind: "stack", name: "prod" } };
      await open(3);
      const end = asides.logs.view();
      expect(await due(0)).to.equal(1);
      await answer("logs", []);
      execution.noteHistory(ARN, eventsFrom(4, 5, "ExecutionSucceeded"));
      await answer("execution", describe_("SUCCEEDED"));
      expect(await due(9999)).to.equal(0);
      expect(await due(1)).to.equal(1);
      await answer("logs", [{ line: "early" }]);
      expect(await due(10_000)).to.equal(1);
      await answer("logs", [{ line: "early" }, { line: "late" }]);
      expect(asides.logs.found.value).to.have.length(2);
      expect(await due(60_000)).to.equal(0);
      end();
    });

    it("stay visible beside the problem if a later request fails", async () => {
      await open(3);
      const end = asides.logs.view();
      await due(0);
      await answer("logs", [{ line: "first" }]);
      execution.noteHistory(ARN, eventsFrom(4, 4));
      await due(2000);
      await answer("logs", { error: { name: "ThrottlingException", message: "Rate exceeded" } }, 400);
      expect([asides.logs.found.value, asides.logs.problem.value]).to.deep.equal([
        [{ line: "first" }],
        "Rate exceeded",
      ]);
      end();
      const again = asides.logs.view();
      await due(2000);
      await answer("logs", [{ line: "first" }, { line: "second" }]);
      expect([asides.logs.found.value.length, asides.logs.problem.value]).to.deep.equal([2, undefined]);
      again();
    });

    it("are forgotten with the execution", async () => {
      await open(3);
      const end = asides.rows.view();
      await due(0);
      const [stale] = requests.splice(0) as [Request];
      execution.closeExecution();
      stale.answer([{ table: "orders" }]);
      await due(0);
      expect(asides.rows.found.value).to.equal(undefined);
      end();
    });
  });
});
