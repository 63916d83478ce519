/** The region and the account of a program's resources: `eu-west-1`, `000000000000`. */
export interface Place {
  readonly region: string;
  readonly account: string;
}
