// A program that gives a function no role.
import * as aws from "@pulumi/aws";

export const name = new aws.lambda.CallbackFunction("careless", { callback: async () => 1 }).name;
