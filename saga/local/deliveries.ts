import type { JsonObject } from "../interpreter";
import { AsynchronousCalls } from "./asynchronous-calls";
import type { Journal, KeptCall } from "./data/journal";
import type { DeadLetters } from "./dead-letters";
import { EventBus } from "./event-bus";
import type { Functions } from "./functions";
import type { Authorize } from "./iam/authorizer";
import type { Program } from "./program";
import { FUNCTION, ofType } from "./resources";

export interface DeliveriesContext {
  readonly authorize: Authorize;
  readonly functions: Functions;
  readonly deadLetters: DeadLetters;
  readonly journal: Pick<Journal, "call" | "called" | "durable"> | undefined;
  /** Receives notes for the user. */
  readonly onNote?: ((note: string) => void) | undefined;
}

/** Work that nobody awaits: events on the bus, and asynchronous calls of functions. */
export class Deliveries {
  private readonly pending = new Set<Promise<void>>();
  private calls: AsynchronousCalls;
  private bus: EventBus;

  constructor(
    private readonly context: DeliveriesContext,
    private standing: Program,
  ) {
    this.calls = this.callsOf(standing);
    this.bus = this.busOf(standing);
  }

  /** Uses the rules and the retry settings of a release from now on. */
  follow(standing: Program): void {
    this.standing = standing;
    this.calls = this.callsOf(standing);
    this.bus = this.busOf(standing);
  }

  /** Publishes an event on the event bus. */
  publish(event: JsonObject): Promise<void> {
    const published = this.bus.publish(event);
    this.add(published);
    return published;
  }

  /** Accepts an asynchronous call. It resolves once the call is in the journal, and therefore survives this process. */
  async send(functionArn: string, event: JsonObject): Promise<void> {
    const { versionArn } = ofType(this.standing, FUNCTION).find(({ arn }) => arn === functionArn) ?? {};
    const answered = this.context.journal?.call({ functionArn, versionArn, event });
    this.add(this.calls.call(functionArn, event).then(answered));
    await this.context.journal?.durable();
  }

  /** Repeats a call that an earlier process did not complete. */
  goOn(call: KeptCall): void {
    const { functionArn } = call;
    if (!ofType(this.standing, FUNCTION).some(({ arn }) => arn === functionArn)) {
      this.context.onNote?.(
        `an earlier process did not complete a call of ${functionArn}, which is neither in the program nor in the data folder: ` +
          "the call stays in the folder until the program has the function again",
      );
      return;
    }
    this.add(
      this.calls.call(call.functionArn, call.event).then(() => {
        this.context.journal?.called(call);
      }),
    );
  }

  /** Adds work to `running` until it ends. */
  add(begun: Promise<void>): void {
    const delivery = begun.finally(() => this.pending.delete(delivery));
    this.pending.add(delivery);
  }

  /** The work in progress. */
  running(): readonly Promise<void>[] {
    return [...this.pending];
  }

  private callsOf(program: Program): AsynchronousCalls {
    const { authorize, functions, deadLetters } = this.context;
    return new AsynchronousCalls(
      program,
      authorize,
      (functionArn, event) => functions.at(functionArn).invoke(event),
      (letter) => {
        deadLetters.add(letter);
      },
    );
  }

  private busOf(program: Program): EventBus {
    return new EventBus(program, (...called) => this.calls.call(...called));
  }
}
