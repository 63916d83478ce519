import type { JsonObject } from "../interpreter";
import { AsynchronousCalls } from "./asynchronous-calls";
import type { Journal, KeptCall } from "./data/journal";
import type { DeadLetters } from "./dead-letters";
import { EventBus } from "./event-bus";
import type { Functions } from "./functions";
import type { Authorize } from "./iam/authorizer";
import type { Program } from "./program";

export interface DeliveriesContext {
  readonly authorize: Authorize;
  readonly functions: Functions;
  readonly deadLetters: DeadLetters;
  readonly journal: Pick<Journal, "call" | "called" | "durable"> | undefined;
}

/** What goes on although nobody awaits it: events on the bus, and calls of functions. */
export class Deliveries {
  private readonly pending = new Set<Promise<void>>();
  private calls: AsynchronousCalls;
  private bus: EventBus;

  /** @throws Error for a rule whose target would be the program's, and is not there */
  constructor(
    private readonly context: DeliveriesContext,
    program: Program,
  ) {
    this.calls = this.callsOf(program);
    this.bus = this.busOf(program);
  }

  /**
   * Delivers by the rules of a release from now on, and tries as often as that says.
   * @throws Error for a rule whose target would be the program's, and is not there
   */
  follow(standing: Program): void {
    this.calls = this.callsOf(standing);
    this.bus = this.busOf(standing);
  }

  /** Puts an event on the bus. */
  publish(event: JsonObject): Promise<void> {
    const published = this.bus.publish(event);
    this.add(published);
    return published;
  }

  /** Takes a call that nobody awaits; it will not be forgotten. */
  async send(functionArn: string, event: JsonObject): Promise<void> {
    const answered = this.context.journal?.call(functionArn, event);
    this.add(this.calls.call(functionArn, event).then(answered));
    await this.context.journal?.durable();
  }

  /** Makes a call again that an earlier process has not ended. */
  goOn(call: KeptCall): void {
    this.add(
      this.calls.call(call.functionArn, call.event).then(() => {
        this.context.journal?.called(call);
      }),
    );
  }

  /** Counts what has begun among what is under way, until it ends. */
  add(begun: Promise<void>): void {
    const delivery = begun.finally(() => this.pending.delete(delivery));
    this.pending.add(delivery);
  }

  /** What is under way. */
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
