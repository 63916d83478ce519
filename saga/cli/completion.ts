import { UsageError } from "./usage-error";
import { OPTIONS, VERBS } from "./verbs";

/** `saga completion`: a script that has a shell complete the command's words. */
export function completion(shell: string | undefined): number {
  const script = shell === undefined ? undefined : SCRIPTS[shell];
  if (!script) throw new UsageError(`'completion' wants a shell: ${Object.keys(SCRIPTS).join(", ")}`);
  process.stdout.write(script());
  return 0;
}

const EVERYWHERE = ["program", "stack", "config", "stubs", "help"];
const optionsOf = (verb: string): readonly string[] =>
  [...(VERBS[verb]?.options ?? []), ...EVERYWHERE].map((option) => `--${option}`);
const verbs = (): readonly string[] => Object.keys(VERBS);

const SCRIPTS: Readonly<Record<string, () => string>> = {
  bash: () => `# eval "$(saga completion bash)"
_saga() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${verbs().join(" ")} --help"
  else
    case "\${COMP_WORDS[1]}" in
${verbs()
  .map((verb) => `      ${verb}) words="${optionsOf(verb).join(" ")}" ;;`)
  .join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [ "\${#COMPREPLY[@]}" -eq 0 ]; then COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -F _saga saga
`,
  zsh: () => `#compdef saga
# eval "$(saga completion zsh)"
_saga() {
  if (( CURRENT == 2 )); then
    compadd -- ${verbs().join(" ")} --help
    return
  fi
  case "\${words[2]}" in
${verbs()
  .map((verb) => `    ${verb}) compadd -- ${optionsOf(verb).join(" ")} ;;`)
  .join("\n")}
  esac
  _files
}
compdef _saga saga
`,
  fish: () =>
    [
      "# saga completion fish | source",
      `complete -c saga -n __fish_use_subcommand -f -a "${verbs().join(" ")}"`,
      ...verbs().flatMap((verb) =>
        [...(VERBS[verb]?.options ?? []), ...EVERYWHERE].map((option) => {
          const takes = option !== "help" && OPTIONS[option as keyof typeof OPTIONS].type === "string" ? " -r" : "";
          return `complete -c saga -n "__fish_seen_subcommand_from ${verb}" -l ${option}${takes}`;
        }),
      ),
      "",
    ].join("\n"),
};
