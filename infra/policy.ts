import * as pulumi from "@pulumi/pulumi";

export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly pulumi.Input<string>[];
}

/** An IAM policy that allows these statements and nothing else. */
export function allow(...statements: readonly Statement[]): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: statements.map(({ actions, resources }) => ({ Effect: "Allow", Action: actions, Resource: resources })),
  });
}

/** The trust policy of a role that one AWS service takes on. */
export function assumedBy(service: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service } }],
  });
}
