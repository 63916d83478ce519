/** An error that is answered to the page, with its status. */
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

/** An error of the AWS SDK. */
interface ServiceError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $fault?: "client" | "server";
}

/**
 * The answer for an error. Refusals of the console and of AWS are passed on. An error of this process is not, since its
 * message may contain anything.
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!(error instanceof Error)) return FAULT;
  const { name, message, $fault, $metadata } = error as ServiceError;
  if (CREDENTIALS.test(name)) {
    return new Refusal(502, name, "AWS credentials are missing or have expired: sign in, and try again");
  }
  if (UNREACHABLE.test((error as NodeJS.ErrnoException).code ?? "")) {
    return new Refusal(502, "NotReachable", "The target does not answer: check that it is running");
  }
  if ($fault === undefined) return FAULT;
  // AWS answers most refusals with 400. The page needs 404 for missing things.
  const { httpStatusCode = 502 } = $metadata ?? {};
  if (NOT_THERE.test(name)) return new Refusal(404, name, message);
  return new Refusal(httpStatusCode >= 500 ? 502 : httpStatusCode, name, message);
}

const FAULT = new Refusal(500, "InternalFailure", "The console failed on this request");
const CREDENTIALS =
  /^(CredentialsProviderError|TokenProviderError|ExpiredToken(Exception)?|UnrecognizedClientException)$/;
const UNREACHABLE = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/;
const NOT_THERE = /DoesNotExist$|^ResourceNotFound/;
