import { expect } from "chai";
import type { DeadLetter } from "../../saga/local/asynchronous-calls";
import { Queues } from "../../saga/local/queues";

describe("the queues of dead letters", () => {
  const queueArn = "arn:aws:sqs:eu-west-1:000000000000:dead";
  let letters: DeadLetter[];
  let queues: Queues;
  beforeEach(() => {
    letters = [1, 2].map((n) => ({ queueArn, event: { n }, reason: new Error("no") }));
    queues = new Queues(
      () => [queueArn],
      () => letters,
      (letter) => {
        letters = letters.filter((each) => each !== letter);
      },
    );
  });

  it("deliver a message once within its visibility timeout, and again after it", () => {
    const [first] = queues.receive(queueArn, { most: 1, hideMs: 60_000 });
    const [second, ...more] = queues.receive(queueArn, { most: 10, hideMs: 0 });
    expect([first, second].map((each) => JSON.parse(each?.body ?? "").requestPayload)).to.deep.equal([
      { n: 1 },
      { n: 2 },
    ]);
    expect(more).to.deep.equal([]);
    expect(queues.receive(queueArn, { most: 10, hideMs: 0 }).map(({ id }) => id)).to.deep.equal([second?.id]);
  });

  it("delete only a message that was received with that handle", () => {
    const [message] = queues.receive(queueArn, { most: 1, hideMs: 0 });
    queues.delete(queueArn, "");
    queues.delete(queueArn, "another");
    expect(queues.count(queueArn)).to.equal(2);
    queues.delete(queueArn, message?.receiptHandle as string);
    expect(letters.map(({ event }) => event)).to.deep.equal([{ n: 2 }]);
  });
});
