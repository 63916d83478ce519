/** The help of the whole command. */
export const HELP = `Runs, verifies and draws the sagas of a Pulumi program on this machine. That
needs neither an AWS account nor the Pulumi CLI. The program is the one in the
current folder, or in the nearest folder above it that has a Pulumi.yaml.

  saga start NAME '{"id":"7"}'         runs a saga. The input is JSON,
                                       @file.json, or - for standard input.
                                       If there is one saga, omit NAME
  saga run                             runs the examples in examples.json and
                                       examples/*.json, and compares each with
                                       its documented outcome
  saga dev                             runs the program for AWS clients: its
                                       state machines, functions, tables and
                                       logs, on one port of this machine
  saga definition [NAME]               prints a state machine's definition
  saga invoke FUNCTION -d '{"id":"1"}' runs one function alone, on empty tables
  saga verify [NAME]                   proves that no failure leaves a saga half
                                       done, or shows how one does
  saga verify FILE|- [NAME] [-d '{…}'] verifies the definitions in a file: ASL
                                       in JSON or YAML, a template of
                                       CloudFormation, SAM or CDK (cdk.out), or
                                       a state of Terraform or Pulumi.
                                       FILE.saga.json, or -d, declares which
                                       call undoes which
  saga verify FILE --init              drafts FILE.saga.json from the tasks'
                                       names and Catch, for you to edit
  saga faults [NAME] --input '{…}'     injects every fault into every call of a
                                       saga, and judges what it leaves
  saga graph [NAME] [-o FILE.svg]      draws a saga as Mermaid, SVG or DOT

These commands look at what 'saga dev' runs, at a deployed stack (--stack NAME),
or at another endpoint (--endpoint URL). EXECUTION is an ARN or a name. If you
omit it, it is the latest one:

  saga list [NAME]                     lists the latest executions
  saga show [EXECUTION]                shows its states and its variables
  saga explain [EXECUTION|FILE]        shows its states, its effects, and what
                                       to do about it. FILE is a saved history
  saga logs [EXECUTION]                prints the logs of its functions
  saga stop EXECUTION                  stops it. The stack's recovery undoes it
  saga redrive EXECUTION               shows which states run again, and
                                       redrives it
  saga approve [EXECUTION] ['{…}']     answers a state that waits for an answer
  saga reject [EXECUTION] [ERROR:WHY]  makes that state fail
  saga open                            opens the console in a browser
  saga start … --port N|--endpoint URL starts an execution there
  saga completion bash|zsh|fish        prints a shell's completion script

'saga help COMMAND', or 'saga COMMAND --help', shows a command's options, with
examples.

  --answer STATE='{…}'    the answer to a state that waits for one
  --fail STATE=ERROR:WHY  makes that state fail instead
  --stubs FILE            answers in place of services and functions that are
                          not on this machine, and to what the program asks of
                          its account: {"NAME": {"output": …}}, or {"NAME":
                          {"error": "…", "cause": "…"}}. NAME is a state, an
                          action such as ses:SendEmail, a function's ARN, or a
                          Pulumi token
  --stack NAME            uses the config of Pulumi.NAME.yaml. The value of a
                          secret such as stripeKey comes from STRIPE_KEY
  --config KEY=VALUE      sets a value of the config. Repeat it for more
  --program DIR           the folder of another program
  --format FORMAT         of a graph: mermaid, svg, dot or json
  --execution ARN|FILE    colours a graph by an execution: one of 'saga dev',
                          of --stack NAME, or of a history saved in a file
  --format sarif          prints a proof as SARIF, for code scanning
  --force                 with --init: replaces an existing file
  --single, --pairs       tries single faults, or pairs of faults too, which is
                          the default (faults)
  --most N                the maximum number of scenarios (faults)
  --beside '{…}'          the input of another saga, whose rows are in the
                          tables in every scenario (faults)
  --undone KEY=VALUE      the mark of an undone row. Default: status=UNDONE
                          (faults)
  --port N                the port. Default: 4566; 0 takes any free port (dev)
  --host ADDRESS          the address. If other machines can reach it, add
                          --expose (dev)
  --time real|virtual|60x how time passes: virtual skips all waiting, 60x is 60
                          times as fast (dev)
  --data FOLDER           keeps executions, tables and messages in a folder. The
                          next process continues with them, however this one
                          ends (dev)
  --keep N                how many ended executions are kept, and how many stuck
                          ones. Default: 1000 (dev)
  --json                  prints JSON and nothing else
  --version               prints the version of saga-aws-pulumi

Exit codes: 0 completed, or no violation; 1 failed, or not sound; 2 wrong usage;
3 compensated; 4 stuck; 5 waits for an answer.
`;

const WHERE = `  --port N           looks at what 'saga dev --port N' runs
  --stack NAME       looks at a deployed stack. Pulumi names its state machines;
                     the SDK finds credentials, as the AWS CLI does
  --endpoint URL     looks at any endpoint that is compatible with AWS
  --json             prints JSON and nothing else
`;

const PROGRAM = `  --program DIR      the folder of another program
  --stack NAME       uses the config of Pulumi.NAME.yaml. The value of a secret
                     such as stripeKey comes from STRIPE_KEY
  --config KEY=VALUE sets a value of the config. Repeat it for more
  --stubs FILE       answers in place of services and functions that are not on
                     this machine, and to what the program asks of its account:
                     {"NAME": {"output": …}}, or {"NAME": {"error": "…",
                     "cause": "…"}}. NAME is a state, an action such as
                     ses:SendEmail, a function's ARN, or a Pulumi token
`;

/** The help of each command. */
export const HELP_OF: Readonly<Record<string, string>> = {
  run: `saga run: runs the examples in examples.json and examples/*.json, and reports
which did not end as documented. With an input, it runs the only saga, as
'saga start' does.

  saga run
  saga run --json
  saga run --program ../orders --stack dev
  saga run @order.json --answer Approve='{"by":"Ada"}'

  --answer STATE='{…}', --fail STATE=ERROR:WHY
                     with an input: the answer to a state that waits for one.
                     An example has its own answers
  --json             prints JSON and nothing else
${PROGRAM}`,
  dev: `saga dev: runs the program for AWS clients, until you end it: its state
machines, functions, tables and logs, on one port of this machine. It deploys
the program again whenever one of its files changes.

  saga dev
  saga dev --port 0 --time 60x
  saga dev --data .saga --keep 100
  saga dev --host 0.0.0.0 --expose

  --port N           the port. Default: 4566; 0 takes any free port
  --host ADDRESS     the address. Default: 127.0.0.1
  --expose           confirms a --host that other machines can reach
  --time real|virtual|60x
                     how time passes: virtual skips all waiting, 60x is 60
                     times as fast
  --data FOLDER      keeps executions, tables and messages in a folder. The
                     next process continues with them, however this one ends
  --keep N           how many ended executions are kept, and how many stuck
                     ones. Default: 1000
  --json             prints JSON and nothing else
${PROGRAM}`,
  definition: `saga definition [NAME]: prints the definition of a state machine, as it is
deployed: that of a saga, or of any other machine by its name.

  saga definition
  saga definition OrderFulfilment > order.asl.json
  saga definition OrderFulfilment_undo

${PROGRAM}`,
  invoke: `saga invoke FUNCTION -d '{…}': runs one function alone, on empty tables, and
prints its answer. FUNCTION is the name of a task, or of a function. The log
goes to standard error.

  saga invoke createOrder -d '{"order_id":"1","total":100}'
  saga invoke createOrder -d @event.json
  echo '{"order_id":"1"}' | saga invoke deleteOrder -d -

  -d '{…}'|@FILE|-   the payload. One without 'saga' gets an identity
${PROGRAM}`,
  verify: `saga verify [NAME]: proves that no failure leaves a saga half done, or shows how
one does. With a file, it verifies the definitions in the file: ASL in JSON or
YAML, a template of CloudFormation, SAM or CDK (cdk.out), or a state of
Terraform or Pulumi. FILE.saga.json, or -d, declares which call undoes which.

  saga verify
  saga verify OrderFulfilment --json
  saga verify booking.asl.json --init
  saga verify booking.asl.json
  saga verify template.yaml Booking -d @booking.saga.json
  pulumi stack export | saga verify - -d @booking.saga.json
  saga verify --format sarif > saga.sarif

  -d '{…}'|@FILE     declares which call undoes which
  --init             drafts FILE.saga.json from the tasks' names and Catch, for
                     you to edit
  --force            with --init: replaces an existing file
  --format sarif     prints the proof as SARIF, for code scanning
  --json             prints JSON and nothing else
${PROGRAM}`,
  faults: `saga faults [NAME] --input '{…}': injects every fault into every call of a
saga, and judges what the saga leaves behind.

  saga faults --input '{"order_id":"1","total":100}'
  saga faults OrderFulfilment --input @order.json --single
  saga faults --input @order.json --beside @other.json --most 500
  saga faults --input @trip.json --answer Approve='{"by":"Ada"}'

  --input '{…}'|@FILE|-
                     the input of the saga
  --beside '{…}'     the input of another saga, whose rows are in the tables in
                     every scenario
  --single, --pairs  tries single faults, or pairs of faults too, which is the
                     default
  --most N           the maximum number of scenarios
  --undone KEY=VALUE the mark of an undone row. Default: status=UNDONE
  --answer STATE='{…}', --fail STATE=ERROR:WHY
                     the answer to a state that waits for one
  --json             prints JSON and nothing else
${PROGRAM}`,
  list: `saga list [NAME]: lists the latest executions, of all sagas or of one.

  saga list
  saga list OrderFulfilment --status stuck --stack prod
  saga list --most 100 --json

  --status STATUS    running, completed, compensated, stuck, aborted, timed-out
  --most N           how many executions. Default: 20
${WHERE}`,
  show: `saga show [EXECUTION]: shows the states of an execution, with tries and
durations, and its final variables.

  saga show
  saga show order-7 --events
  saga show order-7 --stack prod

  --events           shows every event too
  -d '{…}'|@FILE     declares which call undoes which, for a state machine that
                     another tool has made
${WHERE}`,
  explain: `saga explain [EXECUTION|FILE]: shows the states of an execution, the effect of
each step, and what to do about it, with the command.

  saga explain
  saga explain order-7 --stack prod
  aws stepfunctions get-execution-history --execution-arn ARN > history.json
  saga explain history.json
  saga explain history.json --definition machine.asl.json

  --definition FILE  the definition of a saved history. Default: the machine of
                     the program that has its states
  -d '{…}'|@FILE     declares which call undoes which, for a state machine that
                     another tool has made
${WHERE}`,
  graph: `saga graph [NAME]: draws a saga. Its steps lead down. Beside each step is its
undo; the undos lead up.

  saga graph
  saga graph Signup -o signup.svg
  saga graph Signup --execution history.json --format mermaid
  saga graph --execution order-7 --stack prod -o order.svg

  --format FORMAT    mermaid, svg, dot or json. Default: by the extension of
                     the output file, or mermaid
  -o FILE            the output file
  --execution WHICH  colours the graph by an execution: its ARN, its name, or a
                     file with its history, saved by the AWS CLI
  --definition FILE  the definition of a saved history. Default: the machine of
                     the program that has its states
  -d '{…}'|@FILE     declares which call undoes which, for a state machine that
                     another tool has made
${WHERE}`,
  logs: `saga logs [EXECUTION]: prints what its functions logged while it ran, by time.

  saga logs
  saga logs order-7 --stack prod

${WHERE}`,
  stop: `saga stop EXECUTION: stops it in its current state. The stack's recovery then
undoes it, or redrives it if its pivot has succeeded.

  saga stop order-7 --cause "the customer cancelled"

  --cause TEXT       the reason, for the execution's history
${WHERE}`,
  redrive: `saga redrive EXECUTION: shows which states run again, and redrives it: it
continues where it stopped.

  saga redrive order-7 --dry-run
  saga redrive order-7 --stack prod

  --dry-run          only shows which states would run again
  --force            redrives it even if that does no good: it is undone already
${WHERE}`,
  approve: `saga approve [EXECUTION] ['{…}']: answers a state that waits for an answer. If
only one execution waits, omit EXECUTION, but not with --stack.

  saga approve '{"by":"Ada"}'
  saga approve order-7 @answer.json --state Approve

  --state NAME       the state, if several wait
${WHERE}`,
  reject: `saga reject [EXECUTION] [ERROR:WHY]: makes a state that waits for an answer
fail. If only one execution waits, omit EXECUTION, but not with --stack.

  saga reject Refused:"too expensive"
  saga reject order-7 Refused:"too expensive" --state Approve

  --state NAME       the state, if several wait
${WHERE}`,
  open: `saga open: opens the console that 'saga dev' serves. For a stack, or another
endpoint, it serves a console on this machine until you end it. That console
is read-only, unless you allow writes.

  saga open
  saga open --stack prod
  saga open --stack prod --allow-writes

  --allow-writes     lets it start, stop, redrive and answer executions too
${WHERE}`,
  completion: `saga completion bash|zsh|fish: prints a script with which a shell completes the
command's words.

  eval "$(saga completion bash)"            in ~/.bashrc
  eval "$(saga completion zsh)"             in ~/.zshrc
  saga completion fish | source             in ~/.config/fish/config.fish
`,
  start: `saga start [NAME] '{…}': runs a saga on this machine, alone, on empty tables; or
starts it where a service is already running.

  saga start '{"order_id":"1","total":100}'
  saga start OrderFulfilment @order.json --answer Approve='{"by":"Ada"}'
  saga start OrderFulfilment @order.json --port 4566 --name order-1
  saga start OrderFulfilment @order.json --deployed --stack prod

  --answer STATE='{…}', --fail STATE=ERROR:WHY
                     the answer to a state that waits for one
  --name NAME        the name of the execution. Step Functions starts only one
                     execution for a name: if it has one with the same input,
                     a second start only shows that one
  --stack NAME       uses the config of Pulumi.NAME.yaml
  --deployed         starts it in AWS; needs --stack NAME
  --port N           starts it in what 'saga dev --port N' runs
  --endpoint URL     starts it at any endpoint that is compatible with AWS
  --json             prints JSON and nothing else
`,
};
