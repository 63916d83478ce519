import { createHash } from "node:crypto";
import { CreateStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import { expect } from "chai";
import { SLOW } from "../slow";
import type { KnownMachine } from "../../saga/console/server";
import { clientOptions, definition, machineArn, PLACE } from "../local/wire/fixture";
import { listen, type Served, startConsole, until } from "./fixture";

const executionArn = (machine: string, name: string): string => `arn:aws:states:${PLACE}:execution:${machine}:${name}`;

describe("the console's API", () => {
  let served: Served;
  const declaration = { saga: "Echo", calls: { Call: { role: "query" } } } as const;
  const known = new Map<string, KnownMachine>([
    [
      machineArn("echo"),
      {
        name: "Echo",
        startArn: `${machineArn("echo")}:live`,
        startable: true,
        declaration,
        examples: [{ name: "One", input: { id: "1" } }],
      },
    ],
  ]);
  before(async () => {
    served = await startConsole({ known: (arn) => known.get(arn) });
  });
  after(() => served.close());

  const start = async (machine: string, input: object, name?: string): Promise<string> => {
    const { status, json } = await served.ask("api/start", { body: { machineArn: machineArn(machine), input, name } });
    expect([status, json.arn !== undefined]).to.deep.equal([200, true]);
    return json.arn;
  };
  const ended = (arn: string): Promise<any> =>
    until(async () => {
      const { json } = await served.ask(`api/execution?arn=${arn}`);
      return json.description.status !== "RUNNING" && json;
    });

  it("has a session with the target and the permissions", async () => {
    const { json } = await served.ask("api/session");
    const { host } = new URL(served.url);
    expect(json).to.deep.equal({
      target: { kind: "local", name: `http://${host}`, region: "eu-west-1" },
      writable: true,
      faults: true,
      token: served.token,
    });
  });

  it("lists the machines, those of the program first, and proves them in another process", async () => {
    const first = (await served.ask("api/sagas")).json;
    expect(first.map(({ name }: { name: string }) => name)).to.deep.equal(["Echo", "approve", "wait"]);
    expect(first[0]).to.deep.include({
      machineArn: machineArn("echo"),
      startArn: `${machineArn("echo")}:live`,
      startable: true,
      declaration,
      examples: [{ name: "One", input: { id: "1" } }],
    });
    expect(first[0].definition.StartAt).to.equal("Call");
    expect(first[0].verdict).to.include({ status: "not proved", summary: "The proof is running" });
    expect(first[1].verdict).to.deep.equal({
      status: "not proved",
      summary: "The machine has no declaration of what undoes what",
      violations: [],
    });
    // The live stream announces the end of the proof.
    await listen(served, "", (told) => told.some(({ event }) => event === "sagas"));
    const [{ verdict }] = (await served.ask("api/sagas")).json;
    expect(verdict.status).to.equal("unsound");
    expect(verdict.summary).to.match(/^\d+ violations?$/);
    expect(verdict.violations[0]).to.include.keys("rule", "kind", "state", "message", "hint", "counterexample");
  });

  it("starts a machine by its alias, and has its description, history and log", async () => {
    const arn = await start("echo", { id: "1" }, "one");
    expect(arn).to.equal(executionArn("echo", "one"));
    const { description, definition, saga, machineArn: of, declaration: said } = await ended(arn);
    expect(description).to.include({ status: "SUCCEEDED", name: "one", input: '{"id":"1"}', output: '{"id":"1"}' });
    expect(description.stateMachineAliasArn).to.equal(`${machineArn("echo")}:live`);
    expect([definition.StartAt, saga, of, said]).to.deep.equal(["Call", "Echo", machineArn("echo"), declaration]);
    const { events, next } = (await served.ask(`api/history?arn=${arn}`)).json;
    expect(events.map(({ type }: { type: string }) => type)).to.deep.equal([
      "ExecutionStarted",
      "TaskStateEntered",
      "TaskScheduled",
      "TaskStarted",
      "TaskSucceeded",
      "TaskStateExited",
      "ExecutionSucceeded",
    ]);
    expect(events[2].taskScheduledEventDetails.resourceType).to.equal("lambda");
    expect(next).to.equal(undefined);
    const rest = (await served.ask(`api/history?arn=${arn}&from=6`)).json;
    expect(rest.events.map(({ id }: { id: number }) => id)).to.deep.equal([6, 7]);
    const logs = (await served.ask(`api/logs?arn=${arn}`)).json;
    expect(logs.map(({ function: name, line }: { function: string; line: string }) => [name, line])).to.deep.equal([
      ["echo", 'got {"id":"1"}'],
    ]);
    expect(Date.parse(logs[0].at)).to.be.closeTo(Date.now(), 60_000);
  });

  it("shows log lines with an execution's ARN only for that execution", async () => {
    const arns = [executionArn("echo", "ours"), executionArn("echo", "theirs")];
    for (const arn of arns) await start("echo", { of: arn }, arn.replace(/^.*:/, ""));
    for (const arn of arns) {
      await ended(arn);
      const logs: readonly { line: string }[] = (await served.ask(`api/logs?arn=${arn}`)).json;
      expect(logs.map(({ line }) => line)).to.deep.equal([`got {"of":"${arn}"}`]);
    }
  });

  it("stops with a cause, redrives, and answers approvals", async () => {
    const waiting = await start("wait", {});
    expect((await served.ask("api/stop", { body: { arn: waiting, cause: "enough" } })).status).to.equal(200);
    expect((await ended(waiting)).description).to.include({ status: "ABORTED", cause: "enough" });
    expect((await served.ask("api/redrive", { body: { arn: waiting } })).status).to.equal(200);
    const again = (await served.ask(`api/execution?arn=${waiting}`)).json.description;
    expect([again.status, again.redriveCount]).to.deep.equal(["RUNNING", 1]);
    await served.ask("api/stop", { body: { arn: waiting } });
    const refused = await served.ask("api/redrive", { body: { arn: executionArn("echo", "one") } });
    expect([refused.status, refused.json.error.name]).to.deep.equal([400, "ExecutionNotRedrivable"]);

    for (const [answer, outcome] of [
      [{ output: { by: "Ada" } }, { status: "SUCCEEDED", output: '{"by":"Ada"}' }],
      [
        { error: "Refused", cause: "too dear" },
        { status: "FAILED", error: "Refused", cause: "too dear" },
      ],
    ] as const) {
      const asking = await start("approve", {});
      const taskToken = await until(async () => {
        const { events } = (await served.ask(`api/history?arn=${asking}`)).json;
        const scheduled = events.find(({ type }: { type: string }) => type === "TaskScheduled");
        const submitted = events.some(({ type }: { type: string }) => type === "TaskSubmitted");
        return submitted && (JSON.parse(scheduled.taskScheduledEventDetails.parameters).Payload.token as string);
      });
      expect((await served.ask("api/answer", { body: { taskToken } })).status).to.equal(400);
      expect((await served.ask("api/answer", { body: { taskToken, ...answer } })).status).to.equal(200);
      expect((await ended(asking)).description).to.include(outcome);
    }
    const late = await served.ask("api/answer", { body: { taskToken: "0".repeat(64), output: {} } });
    expect([late.status, late.json.error.name]).to.deep.equal([400, "TaskTimedOut"]);
  });

  it("shows the recovery of a stopped execution, and does not redrive what is recovered (S12)", async () => {
    const sfn = new SFNClient(clientOptions(served.cloud));
    const roleArn = "arn:aws:iam::000000000000:role/all";
    const Comment = JSON.stringify({ saga: "Held", undo: `${machineArn("Held_undo")}:1` });
    const held = { Comment, StartAt: "Hold", States: { Hold: { Type: "Wait", Seconds: 3600, End: true } } };
    const undo = { Comment: "Recovery of saga Held", StartAt: "Undo", States: { Undo: { Type: "Pass", End: true } } };
    for (const [name, states] of [
      ["Held", held],
      ["Held_undo", undo],
    ] as const) {
      const definition = JSON.stringify({ QueryLanguage: "JSONata", ...states });
      await sfn.send(new CreateStateMachineCommand({ name, roleArn, definition }));
    }
    // Its saga is what is proved, and it has no declaration of its own.
    const undoing = await until(async () => {
      const all = (await served.ask("api/sagas")).json as { name: string; verdict: object }[];
      return all.find((each) => each.name === "Held_undo");
    });
    expect(undoing.verdict).to.deep.equal({
      status: "only undos",
      summary: "It has only the undos of Held. The proof is that of Held, and assumes that its undos are these",
      violations: [],
    });
    const arn = await start("Held", {});
    expect((await served.ask(`api/execution?arn=${arn}`)).json).not.to.have.property("recovery");
    await served.ask("api/stop", { body: { arn } });
    expect(await ended(arn)).to.include({ recovery: null });
    const name = createHash("sha256").update(`${arn}/0`).digest("hex");
    const recovery = await start("Held_undo", {}, name);
    await ended(recovery);
    expect((await ended(arn)).recovery).to.deep.equal({ arn: recovery, outcome: "completed" });
    const { status, json } = await served.ask("api/redrive", { body: { arn } });
    expect([status, json.error.name]).to.deep.equal([409, "Recovered"]);
    expect(json.error.message).to.match(/has recovered it: after a redrive, its next step would find a tombstone/);
    expect((await ended(arn)).description).not.to.have.property("redriveCount", 1);
  });

  it("passes on refusals of AWS in AWS's words", async () => {
    await start("wait", {}, "twice");
    const again = await served.ask("api/start", {
      body: { machineArn: machineArn("wait"), input: { other: 1 }, name: "twice" },
    });
    expect([again.status, again.json.error.name]).to.deep.equal([400, "ExecutionAlreadyExists"]);
    const none = await served.ask("api/start", { body: { machineArn: machineArn("none"), input: {} } });
    expect([none.status, none.json.error.name]).to.deep.equal([404, "StateMachineDoesNotExist"]);
    await served.ask("api/stop", { body: { arn: executionArn("wait", "twice") } });
  });
});

describe("the console's list of executions", () => {
  let served: Served;
  const names = (json: { executions: readonly { name: string }[] }): readonly string[] =>
    json.executions.map(({ name }) => name);
  before(async () => {
    served = await startConsole();
    // More than a page of the service and of the console, of two machines.
    for (let at = 0; at < 230; at++) {
      const machine = at % 3 === 0 ? "echo" : "wait";
      const input = at === 0 ? { fail: "no" } : {};
      const name = `${machine}-${String(at).padStart(3, "0")}`;
      await served.ask("api/start", { body: { machineArn: machineArn(machine), name, input } });
    }
    await until(
      async () => [...served.cloud.executions.running()].every(({ machineName }) => machineName === "wait"),
      60_000,
    );
  });
  after(() => served.close());

  const all = async (query: string): Promise<readonly any[]> => {
    const found: any[] = [];
    let next: string | undefined;
    do {
      const given = next === undefined ? "" : `&next=${next}`;
      const { json } = await served.ask(`api/executions?${query}${given}`);
      expect(json.executions.length).to.be.at.most(100);
      found.push(...json.executions);
      ({ next } = json);
    } while (next !== undefined);
    return found;
  };

  it("has each execution of all machines once, page by page", async () => {
    const found = await all("");
    expect(found).to.have.length(230);
    expect(new Set(found.map(({ arn }) => arn)).size).to.equal(230);
    expect(found[0]).to.include.keys("arn", "name", "saga", "outcome", "started");
  });

  it("has the executions of one saga, with one outcome, with part of a name, or with an ARN", async () => {
    expect(await all("saga=echo")).to.have.length(77);
    expect(await all("outcome=running")).to.have.length(153);
    const [failed, ...more] = await all("outcome=stuck");
    expect(more).to.deep.equal([]);
    expect(failed).to.include({ name: "echo-000", outcome: "stuck", saga: "echo" });
    expect(names({ executions: await all("q=-22") })).to.have.members(
      Array.from({ length: 10 }, (_, at) => `${(220 + at) % 3 === 0 ? "echo" : "wait"}-22${at}`),
    );
    expect(names({ executions: await all("q=ECHO-000") })).to.deep.equal(["echo-000"]);
    expect(names({ executions: await all(`q=${executionArn("wait", "wait-001")}`) })).to.deep.equal(["wait-001"]);
    expect(await all(`q=${executionArn("wait", "none")}`)).to.deep.equal([]);
    expect((await served.ask("api/executions?saga=none")).json.error).to.deep.equal({
      name: "NotFound",
      message: "there is no saga 'none'",
    });
    for (const wrong of ["outcome=FAILED", "outcome=done", "next=x", "next=W10x", "next=WzFd"]) {
      expect((await served.ask(`api/executions?${wrong}`)).status, wrong).to.equal(400);
    }
  });
});

describe("the console's list of executions, by outcome", () => {
  const ENDS = "ends";
  const COMPENSATED = 330;
  let served: Served;
  before(async () => {
    served = await startConsole();
    const sfn = new SFNClient(clientOptions(served.cloud));
    await sfn.send(
      new CreateStateMachineCommand({
        name: ENDS,
        roleArn: "arn:aws:iam::000000000000:role/all",
        definition: definition({ Fail: { Type: "Fail", Error: "{% $states.input.error %}" } }),
      }),
    );
    sfn.destroy();
    const errors = ["Boom", "States.Timeout", ...Array.from({ length: COMPENSATED }, () => "SagaCompensated")];
    for (const [at, error] of errors.entries()) {
      const name = `${error === "SagaCompensated" ? "compensated" : "stuck"}-${at}`;
      await served.ask("api/start", { body: { machineArn: machineArn(ENDS), name, input: { error } } });
    }
    await until(async () => served.cloud.executions.running().size === 0);
  });
  after(() => served.close());

  const namesBy = async (outcome: string): Promise<readonly string[]> => {
    const names: string[] = [];
    for (let next: string | undefined = ""; next !== undefined;) {
      const { json } = await served.ask(`api/executions?outcome=${outcome}${next === "" ? "" : `&next=${next}`}`);
      expect(json.executions.length).to.be.at.most(100);
      for (const each of json.executions) {
        expect(each.outcome).to.equal(outcome);
        names.push(each.name);
      }
      ({ next } = json);
    }
    return names;
  };

  it("finds stuck executions behind any number of compensated ones", async () => {
    expect(await namesBy("stuck")).to.have.members(["stuck-0", "stuck-1"]);
    expect(await namesBy("compensated")).to.have.length(COMPENSATED);
    expect(await namesBy("completed")).to.deep.equal([]);
  });

  it("reads a bounded number of executions for one answer, and returns where to continue", async () => {
    const { json } = await served.ask("api/executions?outcome=stuck");
    expect(json.executions).to.deep.equal([]);
    expect(json.next).to.be.a("string");
  });
});

describe("the console, live", () => {
  let served: Served;
  before(async () => {
    served = await startConsole();
  });
  after(() => served.close());

  const events = (told: readonly { event: string; data: any }[]): readonly number[] =>
    told.flatMap(({ event, data }) => (event === "history" ? data.events.map(({ id }: { id: number }) => id) : []));
  const startEcho = async (name: string): Promise<string> =>
    (await served.ask("api/start", { body: { machineArn: machineArn("echo"), name, input: {} } })).json.arn;

  it("announces executions that begin and end, and none that existed before", async () => {
    await startEcho("before");
    await until(async () => served.cloud.executions.running().size === 0);
    const changed = new Map<string, string[]>();
    await listen(
      served,
      "",
      (told) => {
        changed.clear();
        for (const { data } of told) {
          for (const { arn, status } of data.changed ?? []) changed.set(arn, [...(changed.get(arn) ?? []), status]);
        }
        return changed.get(executionArn("echo", "during"))?.at(-1) === "SUCCEEDED";
      },
      { onOpen: () => setTimeout(() => void startEcho("during"), 500) },
    );
    expect([...changed.keys()]).to.deep.equal([executionArn("echo", "during")]);
  });

  it("sends a history from any event on, or after the last event that a page received; each event once", async () => {
    const arn = executionArn("echo", "watched");
    const waiting = (
      await served.ask("api/start", { body: { machineArn: machineArn("approve"), name: "asks", input: {} } })
    ).json.arn;
    await startEcho("watched");
    const isDone = (told: readonly { event: string; data: any }[]): boolean => events(told).includes(7);
    expect(events(await listen(served, `?arn=${arn}&from=1`, isDone))).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
    const told = await listen(served, `?arn=${arn}&from=4`, isDone);
    expect(events(told)).to.deep.equal([4, 5, 6, 7]);
    expect(told.filter(({ event }) => event === "history").at(-1)?.id).to.equal("7");
    const again = await listen(served, `?arn=${arn}&from=1`, isDone, { headers: { "Last-Event-ID": "5" } });
    expect(events(again)).to.deep.equal([6, 7]);
    await until(async () => (await served.ask(`api/history?arn=${waiting}`)).json.events.length === 5);
    const coming = await listen(served, `?arn=${waiting}`, (all) => events(all).length > 0, {
      onOpen: () => setTimeout(() => void served.ask("api/stop", { body: { arn: waiting } }), 300),
    });
    expect(events(coming)).to.deep.equal([6]);
  });

  it(`polls once for any number of pages, and not at all for none ${SLOW}`, async () => {
    const arn = (await served.ask("api/start", { body: { machineArn: machineArn("wait"), name: "long", input: {} } }))
      .json.arn;
    const counted = async (pages: number): Promise<number> => {
      let asked = 0;
      const counting = await startConsole({
        target: {
          kind: "local",
          name: "counted",
          region: "eu-west-1",
          logs: () => Promise.reject(new Error("not asked for")),
          sfn: async () => {
            const sfn = new SFNClient(clientOptions(served.cloud));
            sfn.middlewareStack.add(
              (next, { commandName }) =>
                (given) => {
                  if (commandName === "GetExecutionHistoryCommand") asked++;
                  return next(given);
                },
              { step: "initialize" },
            );
            return sfn;
          },
        },
      });
      const controller = new AbortController();
      await Promise.all(
        Array.from({ length: pages }, () =>
          fetch(`${counting.url}api/live?arn=${arn}&from=3`, { signal: controller.signal }),
        ),
      );
      await new Promise((next) => setTimeout(next, 300));
      const begun = asked;
      await new Promise((next) => setTimeout(next, 1500));
      const looks = asked - begun;
      controller.abort();
      await new Promise((next) => setTimeout(next, 300));
      asked = 0;
      await new Promise((next) => setTimeout(next, 1200));
      expect(asked, "looks for nobody").to.equal(0);
      await counting.close();
      return looks;
    };
    const one = await counted(1);
    expect(one).to.be.greaterThan(1);
    expect(await counted(10)).to.be.at.most(one + 2);
    await served.ask("api/stop", { body: { arn } });
  });

  it("announces a change of the program", async () => {
    const told = await listen(served, "", (all) => all.some(({ event }) => event === "sagas"), {
      onOpen: () =>
        setTimeout(() => {
          served.console.changed();
        }, 100),
    });
    expect(told.at(-1)).to.deep.include({ event: "sagas", data: {} });
  });
});
