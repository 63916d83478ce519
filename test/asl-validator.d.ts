declare module "asl-validator" {
  /** The package ships its types where TypeScript does not look for them. */
  function validate(definition: object): {
    readonly isValid: boolean;
    readonly errorsText: (separator: string) => string;
  };
  export = validate;
}
