/** AWS's prices in us-east-1 in US dollars, without free tiers. */
export const PRICES = {
  /** A transition of a Standard workflow: $0.025 for 1,000. @see https://aws.amazon.com/step-functions/pricing/ */
  transition: 0.025 / 1000,
  /** $0.20 for a million. @see https://aws.amazon.com/lambda/pricing/ */
  lambdaRequest: 0.2 / 1e6,
  /** A GB-second, in the first tier. @see https://aws.amazon.com/lambda/pricing/ */
  lambdaGbSecond: { arm64: 0.0000133334, x86_64: 0.0000166667 },
  /** A write of at most 1 KB, on demand: $0.625 for a million. @see https://aws.amazon.com/dynamodb/pricing/on-demand/ */
  writeUnit: 0.625 / 1e6,
  /** A month of one metric that an alarm of standard resolution watches. @see https://aws.amazon.com/cloudwatch/pricing/ */
  alarmMetricMonth: 0.1,
  /** A month of a custom metric; only the hours count in which something is put. @see https://aws.amazon.com/cloudwatch/pricing/ */
  customMetricMonth: 0.3,
  /** A month of a dashboard. @see https://aws.amazon.com/cloudwatch/pricing/ */
  dashboardMonth: 3,
} as const;

/** The assumed duration of a call of any function. Only an account would show the real one. */
export const CALL_SECONDS = 0.05;
