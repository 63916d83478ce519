import { type Json, TaskFailure } from "../../interpreter";

/** One try of a call, on its way to what it calls. */
export interface Delivery {
  /** The name of the service in the errors of Step Functions, such as `Lambda`. */
  readonly service: string;
  /** Calls it as it is deployed. */
  readonly deliver: () => Promise<Json>;
  /** Runs a function with the same code, whose role allows nothing. */
  readonly deliverWithoutRights: () => Promise<Json>;
  /** Runs the function, whose process then dies. */
  readonly deliverAndDie: () => Promise<Json>;
  /** Makes the call just before the call that is that many later, or at the end. Its answer is ignored. */
  readonly deliverLater: (calls: number) => void;
}

/** A way in which a call goes wrong. */
export interface Kind {
  readonly name: string;
  /** Whether it strikes each try, until it is mended before a redrive. The others strike one try. */
  readonly lasting?: true;
  /** Whether it happens within a function, so that it strikes only calls of functions. */
  readonly inFunction?: true;
  strike(delivery: Delivery): Promise<Json>;
}

const fail = (error: string, cause: string): Promise<never> => Promise.reject(new TaskFailure(error, cause));

/** An answer that never comes: the state times out. */
const silence = (): Promise<never> => new Promise(() => {});

const late = (when: string, calls: number): Kind => ({
  name: `times out, arrives ${when}`,
  strike({ deliverLater }) {
    deliverLater(calls);
    return silence();
  },
});

async function lost({ deliver, service }: Delivery): Promise<never> {
  await deliver().catch(() => {});
  return fail(`${service}.SdkClientException`, "the answer is lost");
}

/** All kinds of faults. */
export const KINDS: readonly Kind[] = [
  { name: "fails before the write", strike: () => fail("Error", "the function has done nothing yet") },
  { name: "fails after the write, once", strike: lost },
  { name: "fails after the write, each time", lasting: true, strike: lost },
  {
    name: "is delivered twice at once",
    async strike({ deliver }) {
      const [first] = await Promise.allSettled([deliver(), deliver()]);
      if (first.status === "rejected") throw first.reason;
      return first.value;
    },
  },
  {
    name: "is delivered again at the end",
    strike({ deliver, deliverLater }) {
      deliverLater(Infinity);
      return deliver();
    },
  },
  late("one call later", 2),
  late("at the end", Infinity),
  { name: "is throttled", strike: ({ service }) => fail(`${service}.TooManyRequestsException`, "Rate Exceeded.") },
  {
    name: "is refused by IAM",
    lasting: true,
    inFunction: true,
    strike: ({ deliverWithoutRights }) => deliverWithoutRights(),
  },
  { name: "crashes after the write", inFunction: true, strike: ({ deliverAndDie }) => deliverAndDie() },
];
