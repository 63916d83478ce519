import type { Program } from "../program";
import { variableOf } from "../project";
import { ofType } from "../resources";

/** A secret or a parameter, with its value. */
export interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly value: string;
}

/**
 * Finds the values of secrets: the program's own, or those of environment variables. If neither has a value, a
 * placeholder replaces it, and a note says so.
 */
export class Secrets {
  readonly #noted = new Set<string>();

  constructor(
    private readonly program: Program,
    private readonly env: NodeJS.ProcessEnv,
    private readonly onNote: (note: string) => void,
  ) {}

  /** A secret of Secrets Manager, by its ARN or its name. */
  secret(id: string, place: string): Secret {
    const made = ofType(this.program, "aws:secretsmanager/secret:Secret").find(
      ({ arn, physicalName }) => arn === id || physicalName === id,
    );
    // AWS appends a hyphen and six random characters to the name in the ARN.
    const name =
      made?.physicalName ?? id.replace(/^arn:.*:secret:/, "").replace(id.startsWith("arn:") ? /-\w{6}$/ : /$^/, "");
    const arn = made?.arn ?? (id.startsWith("arn:") ? id : `arn:aws:secretsmanager:${place}:secret:${id}-AbCdEf`);
    const version = ofType(this.program, "aws:secretsmanager/secretVersion:SecretVersion").find(
      ({ inputs }) => inputs["secretId"] === arn || inputs["secretId"] === made?.physicalName,
    );
    return {
      name,
      arn,
      value: this.#value(made && made.inputs["name"] === undefined ? made.name : name, version?.inputs["secretString"]),
    };
  }

  /** A parameter of the Parameter Store, by its name or its ARN. */
  parameter(id: string, place: string): Secret {
    const made = ofType(this.program, "aws:ssm/parameter:Parameter").find(
      ({ arn, physicalName }) => arn === id || physicalName === id,
    );
    const name = made?.physicalName ?? id.replace(/^arn:.*:parameter(?=\/)/, "");
    const arn = made?.arn ?? (id.startsWith("arn:") ? id : `arn:aws:ssm:${place}:parameter/${id.replace(/^\//, "")}`);
    return { name, arn, value: this.#value(name, made?.inputs["value"]) };
  }

  #value(name: string, set: unknown): string {
    if (typeof set === "string") return set;
    const whole = variableOf(name);
    const last = variableOf(name.split("/").at(-1) as string);
    const found = this.env[whole] ?? this.env[last];
    if (found !== undefined) return found;
    if (!this.#noted.has(name)) {
      this.#noted.add(name);
      this.onNote(`the secret '${name}' has no value here, and a placeholder replaces it: set ${last}`);
    }
    return `placeholder-${last}`;
  }
}
