declare module "asl-validator" {
  /** TypeScript does not find the types in the package, since its manifest does not name them. */
  function validate(definition: object): {
    readonly isValid: boolean;
    readonly errorsText: (separator: string) => string;
  };
  export = validate;
}
