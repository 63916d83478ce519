import { EVERYWHERE, OPTIONS, type Values } from "./options";
import { UsageError } from "./usage-error";

/** The options of each verb, by its name. */
export type Words = ReadonlyMap<string, readonly (keyof Values)[]>;

/** `saga completion`: prints a script with which a shell completes the command's words. */
export function completion(shell: string | undefined, words: Words): number {
  const script = shell === undefined ? undefined : SCRIPTS[shell];
  if (!script) throw new UsageError(`'completion' needs a shell: ${Object.keys(SCRIPTS).join(", ")}`);
  process.stdout.write(script([...words].map(([verb, options]) => [verb, [...options, ...EVERYWHERE]] as const)));
  return 0;
}

type Verbs = readonly (readonly [verb: string, options: readonly (keyof Values)[]])[];

const namesOf = (verbs: Verbs): string => verbs.map(([verb]) => verb).join(" ");
const flags = (options: readonly string[]): string => [...options, "help"].map((option) => `--${option}`).join(" ");

const SCRIPTS: Readonly<Record<string, (verbs: Verbs) => string>> = {
  bash: (verbs) => `# eval "$(saga completion bash)"
_saga() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${namesOf(verbs)} --help"
  else
    case "\${COMP_WORDS[1]}" in
${verbs.map(([verb, options]) => `      ${verb}) words="${flags(options)}" ;;`).join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [ "\${#COMPREPLY[@]}" -eq 0 ]; then COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -F _saga saga
`,
  zsh: (verbs) => `#compdef saga
# eval "$(saga completion zsh)"
_saga() {
  if (( CURRENT == 2 )); then
    compadd -- ${namesOf(verbs)} --help
    return
  fi
  case "\${words[2]}" in
${verbs.map(([verb, options]) => `    ${verb}) compadd -- ${flags(options)} ;;`).join("\n")}
  esac
  _files
}
compdef _saga saga
`,
  fish: (verbs) =>
    [
      "# saga completion fish | source",
      `complete -c saga -n __fish_use_subcommand -f -a "${namesOf(verbs)}"`,
      "complete -c saga -l help",
      ...verbs.flatMap(([verb, options]) =>
        options.map((option) => {
          const takes = OPTIONS[option].type === "string" ? " -r" : "";
          return `complete -c saga -n "__fish_seen_subcommand_from ${verb}" -l ${option}${takes}`;
        }),
      ),
      "",
    ].join("\n"),
};
