import type { JsonObject } from "../interpreter";

/** An error response of an AWS service. */
export class AwsError extends Error {
  override readonly name: string;
  /** The status code of the HTTP response. */
  readonly status: number;
  /** The further fields of the response, beside the error's name and message. */
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
