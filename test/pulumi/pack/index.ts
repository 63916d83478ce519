import { PolicyPack } from "@pulumi/policy";
import { soundStateMachines } from "saga-aws-pulumi/policy";

new PolicyPack("sagas", {
  policies: [soundStateMachines({ declarations: { Booking: "booking.saga.json" }, exempt: ["Nightly"] })],
});
