import { readConfig } from "./config";

// A program that imports this before anything else is told what is wrong with its stack's config before it has loaded
// what takes long: components, sagas, Pulumi's AWS package.
readConfig();
