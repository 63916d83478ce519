export const HELP = `Runs, verifies and draws the sagas of a Pulumi program, on this machine.
Neither an account nor the Pulumi CLI is needed. The program is that of the
folder, or of the nearest one above it that has a Pulumi.yaml.

  saga start NAME '{"id":"7"}'         runs a saga: the input is JSON,
                                       @file.json, or - for standard input.
                                       Where there is one saga, leave NAME out
  saga run                             runs the examples of examples.json and
                                       examples/*.json, and says which of them
                                       came out as documented
  saga dev                             runs the program for clients of AWS: its
                                       machines, functions, tables and logs on
                                       one port of this machine
  saga definition [NAME]               prints a state machine's definition
  saga invoke FUNCTION -d '{"id":"1"}' runs one function alone, on empty tables
  saga verify [NAME]                   proves that no failure leaves half a saga
                                       behind, or tells how one does
  saga verify FILE|- [NAME] [-d '{…}'] the same of the definitions that a file
                                       has: ASL as JSON or YAML, a template of
                                       CloudFormation, SAM or CDK (cdk.out), a
                                       state of Terraform or Pulumi. What undoes
                                       what is said in FILE.saga.json, or by -d
  saga verify FILE --init              writes FILE.saga.json, by the names and
                                       the Catch of tasks, for you to edit
  saga faults [NAME] --input '{…}'     lets every call of a saga go wrong in all
                                       ways, and judges what it leaves
  saga graph [NAME] [-o FILE.svg]      draws it: as Mermaid, SVG or DOT

  --answer STATE='{…}'    what is answered to a state that waits for somebody
  --fail STATE=ERROR:WHY  refuses it instead
  --stubs FILE            what stands in for services and functions that are not
                          on this machine, and for what the program asks of its
                          account: {"NAME": {"output": …}}, or {"NAME":
                          {"error": "…", "cause": "…"}}; NAME is a state, an
                          action such as ses:SendEmail, a function's ARN, or a
                          Pulumi token
  --stack NAME            takes the config of Pulumi.NAME.yaml; the value of a
                          secret such as stripeKey is taken from STRIPE_KEY
  --config KEY=VALUE      sets a value of the config, as often as you like
  --program DIR           another program
  --format FORMAT         of a graph: mermaid, svg or dot
  --format sarif          of a proof, for code scanning
  --force                 with --init: in the place of the file that is there
  --single, --pairs       one fault at a time, or two as well (faults)
  --most N                how many scenarios, at most (faults)
  --beside '{…}'          the input of another saga, whose rows stand there, too
                          (faults)
  --undone KEY=VALUE      how a row says that it is undone: status=UNDONE where
                          you say nothing (faults)
  --port N                where it listens: 4566 where you say nothing, 0 for
                          any that is free (dev)
  --host ADDRESS          on which address; one that other machines reach wants
                          --expose as well (dev)
  --time real|virtual|60x how time passes: virtual skips what only waits, 60x
                          speeds it up (dev)
  --data FOLDER           where executions, tables and what is sent outlive the
                          process, however it ends: the next one goes on with
                          them (dev)
  --keep N                how many executions are kept that have ended, and how
                          many that are stuck: 1000 where you say nothing (dev)
  --json                  prints JSON and nothing else (start, run, dev, verify,
                          faults)

Exit codes: 0 completed, or proved; 1 failed, or not sound; 2 bad usage;
3 compensated; 4 stuck; 5 waits for an answer.
`;
