import type { JsonObject } from "../interpreter";

/** What a service of AWS refuses a request with. */
export class AwsError extends Error {
  override readonly name: string;
  /** Of the HTTP answer. */
  readonly status: number;
  /** What the answer has beside the name and the message. */
  readonly fields: JsonObject;

  constructor(
    name: string,
    message: string,
    { status = 400, fields = {} }: { readonly status?: number; readonly fields?: JsonObject } = {},
  ) {
    super(message);
    this.name = name;
    this.status = status;
    this.fields = fields;
  }
}
