/** Where a program's resources are: `eu-west-1`, `000000000000`. */
export interface Place {
  readonly region: string;
  readonly account: string;
}
