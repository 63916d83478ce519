import { readConfig } from "./config";

// A program imports this first, to report mistakes in its stack's config before it loads its slow parts: components, sagas,
// Pulumi's AWS package.
readConfig();
