/** The functions that expressions may call: those of JSONata 2.0.6 except `$eval`, and those that Step Functions adds. */
export const FUNCTIONS: ReadonlySet<string> = new Set(
  (
    "abs append assert average base64decode base64encode boolean ceil clone contains count decodeUrl " +
    "decodeUrlComponent distinct each encodeUrl encodeUrlComponent error exists filter floor formatBase formatInteger " +
    "formatNumber fromMillis join keys length lookup lowercase map match max merge millis min not now number pad " +
    "parseInteger power random reduce replace reverse round shuffle sift single sort split spread sqrt string substring " +
    "substringAfter substringBefore sum toMillis trim type uppercase zip hash parse partition range uuid"
  ).split(" "),
);

/**
 * The functions that yield another value with each evaluation, so also on a retry. A `$random` with a seed is not one of
 * them: it always yields the same number.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions-provided-by-step-functions
 */
export const CHANGING_FUNCTIONS: ReadonlySet<string> = new Set(["millis", "now", "random", "shuffle", "uuid"]);
