import { expect } from "chai";
import { checkExpress } from "../../saga/compile/express";
import {
  callbackTask,
  eq,
  minutes,
  type Retry,
  saga,
  type Saga,
  type SagaDefinitionError,
  seconds,
  serviceTask,
  task,
} from "../../saga/language";

const look = task<{ id: string }, { seen: boolean }>("look", {
  table: [],
  handler: () => async () => ({ seen: true }),
});
const input = ({ input: { id } }: { readonly input: any }) => ({ id });
const given = () => saga<{ id: string; at: string; ids: string[] }>("Given");
const short: Retry = { attempts: 2, interval: seconds(1), ceiling: seconds(1) };
const query = { task: look, input, timeout: seconds(10), retry: short };
const forget = task<{ id: string }, null>("forget", { table: [], handler: () => async () => null });
const undo = { name: "Forget", task: forget, input };

function refused(built: Saga): string {
  try {
    checkExpress(built);
  } catch (error) {
    const { name, code, hint, message } = error as SagaDefinitionError;
    expect({ name, code }).to.deep.equal({ name: "SagaDefinitionError", code: "not-express" });
    expect(message.endsWith(`${hint}.`)).to.equal(true);
    return message;
  }
  throw new Error("it was taken");
}
const returns = () => ({});

describe("a saga as an Express workflow", () => {
  it("is accepted if it changes nothing and ends within 5 minutes", () => {
    const both = (s: any) => s.query("A", query).query("B", query);
    checkExpress(
      given()
        .query("Look", query)
        .wait("Rest", minutes(1))
        .parallel("Both", { one: both, other: (s) => s.query("C", query) })
        .when(
          "If",
          ({ input }) => eq(input.id, "7"),
          (s) => s.query("D", query),
        )
        .returns(returns),
    );
  });

  it("is refused with an undo or a pivot, in which an execution would be stuck without a redrive", () => {
    const says = /'Forget' may use up its retries, .*can't be redriven.*Set workflowType to STANDARD/;
    expect(
      refused(
        given()
          .step("Keep", { ...query, undo })
          .returns(returns),
      ),
    )
      .to.match(says)
      .and.contain("step 'Keep'");
    expect(
      refused(
        given()
          .pivot("Keep", { ...query, undo })
          .returns(returns),
      ),
    ).to.match(says);
    const branch = given().parallel("Both", { one: (s) => s.step("Keep", { ...query, undo }) });
    expect(refused(branch.returns(returns))).to.match(says);
  });

  it("is refused with an approval, a job or a child", () => {
    const ask = callbackTask<{ id: string }, object>("ask", { table: [], handler: () => async () => {} });
    expect(
      refused(
        given()
          .query("Ask", { task: ask, input, timeout: minutes(1) })
          .returns(returns),
      ),
    ).to.match(/step 'Ask': 'ask' waits for an answer or a job, and EXPRESS has neither task tokens nor \.sync/);
    for (const resource of [
      "arn:aws:states:::glue:startJobRun.sync",
      "arn:aws:states:::ecs:runTask.sync:2",
      "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    ]) {
      const job = serviceTask<{ id: string }, object>("job", { resource, allow: [] });
      expect(
        refused(
          given()
            .query("Job", { ...query, task: job })
            .returns(returns),
        ),
        resource,
      ).to.match(/'job' waits/);
    }
    const child = saga<{ id: string }>("Child").query("Look", query).returns(returns);
    expect(refused(given().child("Run", child, input).returns(returns))).to.match(/Include the saga instead/);
  });

  it("is refused if its duration is not bounded", () => {
    expect(
      refused(
        given()
          .wait("Until", ({ input }) => input.at)
          .returns(returns),
      ),
    ).to.match(/Wait for a duration/);
    const list = given().forEach(
      "Each",
      ({ input }) => input.ids,
      (s) => s.query("Look", query),
    );
    expect(refused(list.returns(returns))).to.match(/how long the list is/);
  });

  it("is refused, with the duration, if its calls, retries and waits may take over 5 minutes", () => {
    // Seven calls of 30 s, and waits of 2 + 4 + 8 + 16 + 32 + 60 s.
    expect(refused(given().query("Look", { task: look, input }).returns(returns))).to.match(
      /may take 332 s or more, and EXPRESS ends an execution after 300 s .*Lower timeout, retry.attempts and retry.ceiling/,
    );
    // Three calls of 10 s, and twice 1 s.
    const near = given().query("Look", query).wait("Rest", seconds(268));
    checkExpress(near.returns(returns));
    expect(refused(near.wait("More", seconds(1)).returns(returns))).to.match(/may take 301 s or more/);
    const forever = given().query("Look", { ...query, retry: { attempts: 99_999_999 } });
    expect(refused(forever.returns(returns))).to.match(/may take 1,000,000,302 s or more/);
  });
});
