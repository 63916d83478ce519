import * as provider from "@pulumi/pulumi/provider";
import { Account } from "../account";

void provider.main(new Account(process.env["SAGA_TEST_ACCOUNT"] ?? ""), process.argv.slice(2));
