declare const says: unique symbol;

/** A mistake that the type checker reports as a sentence. */
export interface SagaTypeError<Sentence extends string> {
  readonly [says]: Sentence;
}
