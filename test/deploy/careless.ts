// A program with a function without a role.
import * as aws from "@pulumi/aws";

export const name = new aws.lambda.CallbackFunction("careless", { callback: async () => 1 }).name;
