/** What a request of the page is refused with. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    override readonly name: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export const invalid = (message: string): Refusal => new Refusal(400, "InvalidRequest", message);
export const notFound = (message: string): Refusal => new Refusal(404, "NotFound", message);

/** The names of errors are AWS's; their messages say what to do about it. */
interface ServiceError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $fault?: "client" | "server";
}

/**
 * What a page is told of an error: of what it has asked for wrongly, and of what AWS refuses, the name and the message;
 * of a fault of this process nothing, since nobody knows what its message has in it.
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!(error instanceof Error)) return FAULT;
  const { name, message, $fault, $metadata } = error as ServiceError;
  if (CREDENTIALS.test(name)) {
    return new Refusal(502, name, "There are no credentials for AWS, or they have expired: sign in, and try again");
  }
  if (UNREACHABLE.test((error as NodeJS.ErrnoException).code ?? "")) {
    return new Refusal(502, "NotReachable", "Nobody answers there: is it running?");
  }
  if ($fault === undefined) return FAULT;
  // What is refused by AWS is wrong with the request; that it is not there, or is asked too often, a page knows by the status.
  const { httpStatusCode = 502 } = $metadata ?? {};
  if (NOT_THERE.test(name)) return new Refusal(404, name, message);
  return new Refusal(httpStatusCode >= 500 ? 502 : httpStatusCode, name, message);
}

const FAULT = new Refusal(500, "InternalFailure", "The console has failed on this request");
const CREDENTIALS =
  /^(CredentialsProviderError|TokenProviderError|ExpiredToken(Exception)?|UnrecognizedClientException)$/;
const UNREACHABLE = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/;
const NOT_THERE = /DoesNotExist$|^ResourceNotFound/;
