/** What the whole command does. */
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

Of what 'saga dev' runs, of what a stack has deployed (--stack NAME), or of
whatever is compatible (--endpoint URL). EXECUTION is an ARN or a name: the
latest one, where you leave it out:

  saga list [NAME]                     the latest executions
  saga show [EXECUTION]                what one did, and its variables
  saga explain [EXECUTION|FILE]        what one did, what stands, and what to do
                                       about it; of a saved history, too
  saga logs [EXECUTION]                what its functions logged
  saga stop EXECUTION                  ends it: it is undone from outside
  saga redrive EXECUTION               says what runs again, and has it go on
  saga approve [EXECUTION] ['{…}']     answers what waits for somebody
  saga reject [EXECUTION] [ERROR:WHY]  refuses it
  saga open                            opens the console in the browser
  saga start … --port N|--endpoint URL starts one there
  saga completion bash|zsh|fish        completes these words in a shell

'saga VERB --help' has examples of each.

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
  --format FORMAT         of a graph: mermaid, svg, dot or json
  --execution ARN|FILE    draws a graph in the colours of an execution, of here,
                          of --stack NAME, or of a history saved in a file
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
  --json                  prints JSON and nothing else

Exit codes: 0 completed, or proved; 1 failed, or not sound; 2 bad usage;
3 compensated; 4 stuck; 5 waits for an answer.
`;

const WHERE = `  --port N           what 'saga dev --port N' runs
  --stack NAME       what a stack has deployed: Pulumi tells its machines, and
                     the SDK finds credentials, as the AWS CLI does
  --endpoint URL     whatever speaks as AWS does
  --json             prints JSON and nothing else
`;

/** What each verb does, with examples; those that are not here are in the help of the whole command. */
export const HELP_OF: Readonly<Record<string, string>> = {
  list: `saga list [NAME]: the latest executions, of all sagas or of one.

  saga list
  saga list OrderFulfilment --status stuck --stack prod
  saga list --most 100 --json

  --status STATUS    running, completed, compensated, stuck, aborted, timed-out
  --most N           how many: 20 where you say nothing
${WHERE}`,
  show: `saga show [EXECUTION]: what it did, state by state, with tries and durations,
and the variables in the end.

  saga show
  saga show order-7 --events
  saga show order-7 --stack prod

  --events           every event, too
  -d '{…}'           what undoes what, or @FILE, of a machine of another tool
${WHERE}`,
  explain: `saga explain [EXECUTION|FILE]: what it did, in the form of a local run; what
stands of each step; and what to do about it, with the command.

  saga explain
  saga explain order-7 --stack prod
  aws stepfunctions get-execution-history --execution-arn ARN > history.json
  saga explain history.json
  saga explain history.json --definition machine.asl.json

  --definition FILE  what the execution ran on, for a file: else the machine of
                     the program that has its states
  -d '{…}'           what undoes what, or @FILE, of a machine of another tool
${WHERE}`,
  graph: `saga graph [NAME]: draws a saga: its steps lead down, and beside each is its
undo; those lead up.

  saga graph
  saga graph Signup -o signup.svg
  saga graph Signup --execution history.json --format mermaid
  saga graph --execution order-7 --stack prod -o order.svg

  --format FORMAT    mermaid, svg, dot or json; where you say nothing, by the
                     name of the file
  -o FILE            where it goes
  --execution WHICH  in the colours of an execution: by its ARN or its name, or
                     by the file that the AWS CLI saved its history in
  --definition FILE  what the execution ran on, for a file: else the machine of
                     the program that has its states
  -d '{…}'           what undoes what, or @FILE, of a machine of another tool
${WHERE}`,
  logs: `saga logs [EXECUTION]: what its functions logged while it ran, in the order of
time.

  saga logs
  saga logs order-7 --stack prod

${WHERE}`,
  stop: `saga stop EXECUTION: ends it. Nothing of it runs any more; the stack undoes it
from outside, or has it go on where its pivot has succeeded.

  saga stop order-7 --cause "the customer cancelled"

  --cause TEXT       why, for whoever reads its history
${WHERE}`,
  redrive: `saga redrive EXECUTION: says what runs again, and has it go on from where it
stands.

  saga redrive order-7 --dry-run
  saga redrive order-7 --stack prod

  --dry-run          says it, and does nothing
  --force            also where it does no good: what has been undone
${WHERE}`,
  approve: `saga approve [EXECUTION] ['{…}']: answers a state that waits for somebody. Where
one execution waits, leave EXECUTION out.

  saga approve '{"by":"Ada"}'
  saga approve order-7 @answer.json --state Approve

  --state NAME       which, where several wait
${WHERE}`,
  reject: `saga reject [EXECUTION] [ERROR:WHY]: has a state fail that waits for somebody.

  saga reject order-7 Refused:"too dear"

  --state NAME       which, where several wait
${WHERE}`,
  open: `saga open: opens the console that 'saga dev' serves. Of a stack, or of another
endpoint, it serves one on this machine, until you end it. That one only reads.

  saga open
  saga open --stack prod
  saga open --stack prod --allow-writes

  --allow-writes     starts, stops, redrives and answers there, too
${WHERE}`,
  completion: `saga completion bash|zsh|fish: prints what has a shell complete the command's
words.

  eval "$(saga completion bash)"            in ~/.bashrc
  eval "$(saga completion zsh)"             in ~/.zshrc
  saga completion fish | source             in ~/.config/fish/config.fish
`,
  start: `saga start [NAME] '{…}': runs a saga on this machine, alone, on empty tables; or
starts one where a service runs already.

  saga start '{"order_id":"1","total":100}'
  saga start OrderFulfilment @order.json --answer Approve='{"by":"Ada"}'
  saga start OrderFulfilment @order.json --port 4566
  saga start OrderFulfilment @order.json --deployed --stack prod

  --answer STATE='{…}', --fail STATE=ERROR:WHY
                     what is answered to a state that waits
  --stack NAME       takes the config of Pulumi.NAME.yaml
  --deployed         starts it in AWS, with --stack NAME
  --port N           starts it in what 'saga dev --port N' runs
  --endpoint URL     starts it in whatever speaks as AWS does
  --json             prints JSON and nothing else
`,
};
