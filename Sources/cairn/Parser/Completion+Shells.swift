// MARK: - bash and zsh

extension Completion {
    /// The lines of the table for bash and zsh, which read them alike.
    private var lines: String {
        table.commands.map { command in
            let options = options(of: command).map { "--\($0.name)" }.joined(separator: " ")
            return "        \(Self.quoted("\(command.noun) \(command.verb)"))) options=\(Self.quoted(options))"
                + " values=\(Self.quoted(values(of: command))) places=\(Self.quoted(places(of: command))) ;;"
        }.joined(separator: "\n")
    }

    private var verbLines: String {
        nouns.map { noun in
            "        \(noun)) words=\(Self.quoted(verbs(of: noun).joined(separator: " "))) ;;"
        }.joined(separator: "\n")
    }

    /// The names of accounts by their files, in any shell of this family.
    private static let accounts = """
        _cairn_accounts() {
            (cd "${CAIRN_KEYSTORE:-$HOME/.cairn/accounts}" 2>/dev/null && ls) |
                sed -nE 's/\\.(key|account)\\.json$//p' | sort -u
        }
        """

    var bash: String {
        """
        # Completion of cairn for bash. To have it always: cairn completion bash > ~/.local/share/bash-completion/completions/cairn
        \(Self.accounts)

        _cairn() {
            local current="${COMP_WORDS[COMP_CWORD]}" words='' options='' values='' places='' kind='' pair word
            local -i index place=0
            COMPREPLY=()
            if ((COMP_CWORD == 1)); then
                COMPREPLY=($(compgen -W \(Self.quoted((nouns + ["help", "--help", "--version"]).joined(separator: " "))) -- "$current"))
                return
            fi
            case "${COMP_WORDS[1]}" in
            \(lonelyNouns.joined(separator: "|")))
                # As if an empty verb stood behind it.
                COMP_WORDS=("${COMP_WORDS[0]}" "${COMP_WORDS[1]}" '' "${COMP_WORDS[@]:2}")
                ((++COMP_CWORD)) ;;
            esac
            if ((COMP_CWORD == 2)); then
                case "${COMP_WORDS[1]}" in
        \(verbLines)
                esac
                COMPREPLY=($(compgen -W "$words" -- "$current"))
                return
            fi
            case "${COMP_WORDS[1]} ${COMP_WORDS[2]}" in
        \(lines)
            *) return ;;
            esac
            for ((index = 3; index < COMP_CWORD; index++)); do
                word="${COMP_WORDS[index]}"
                kind=''
                if [[ $word == --* ]]; then
                    for pair in $values; do [[ ${pair%%=*} == "$word" ]] && kind="${pair#*=}"; done
                    # The value of an option is no argument.
                    [[ -n $kind ]] && ((index++))
                else
                    place+=1
                fi
            done
            # The last option's value is what the cursor stands at, unless it stands behind it.
            ((index > COMP_CWORD)) || kind=''
            if [[ -z $kind && $current == -* ]]; then
                COMPREPLY=($(compgen -W "$options" -- "$current"))
                return
            fi
            if [[ -z $kind ]]; then
                set -- $places
                ((place < $#)) && kind="${@:place+1:1}"
            fi
            case "$kind" in
            file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")) ;;
            folder) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$current")) ;;
            account) COMPREPLY=($(compgen -W "$(_cairn_accounts)" -- "$current")) ;;
            text) ;;
            '') COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
            *) COMPREPLY=($(compgen -W "${kind//,/ }" -- "$current")) ;;
            esac
        }
        complete -F _cairn cairn
        """
    }

    var zsh: String {
        """
        #compdef cairn
        # Completion of cairn for zsh. To have it always, put it as _cairn into a folder of $fpath:
        # cairn completion zsh > ~/.zfunc/_cairn
        \(Self.accounts)

        _cairn() {
            local current="$words[CURRENT]" options='' values='' places='' kind='' pair word
            local -a verbs kinds
            local -i index place=1
            if ((CURRENT == 2)); then
                compadd -- \((nouns + ["help", "--help", "--version"]).joined(separator: " "))
                return
            fi
            case "$words[2]" in
            \(lonelyNouns.joined(separator: "|")))
                words=("$words[1]" "$words[2]" '' "${(@)words[3,-1]}")
                ((++CURRENT)) ;;
            esac
            if ((CURRENT == 3)); then
                case "$words[2]" in
        \(verbLines.replacing("words=", with: "verbs="))
                esac
                compadd -- ${=verbs}
                return
            fi
            case "$words[2] $words[3]" in
        \(lines)
            *) return 1 ;;
            esac
            for ((index = 4; index < CURRENT; index++)); do
                word="$words[index]"
                kind=''
                if [[ $word == --* ]]; then
                    for pair in ${=values}; do [[ ${pair%%=*} == "$word" ]] && kind="${pair#*=}"; done
                    [[ -n $kind ]] && ((index++))
                else
                    ((place++))
                fi
            done
            ((index > CURRENT)) || kind=''
            if [[ -z $kind && $current == -* ]]; then
                compadd -- ${=options}
                return
            fi
            if [[ -z $kind ]]; then
                kinds=(${=places})
                kind="$kinds[place]"
            fi
            case "$kind" in
            file) _files ;;
            folder) _files -/ ;;
            account) compadd -- ${(f)"$(_cairn_accounts)"} ;;
            text) ;;
            '') compadd -- ${=options} ;;
            *) compadd -- ${(s:,:)kind} ;;
            esac
        }
        # Sourced, it registers itself; as a file of $fpath, it is run when it is first asked for.
        if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _cairn "$@"; else compdef _cairn cairn; fi
        """
    }
}

// MARK: - fish

extension Completion {
    /// fish reads a line for each thing that may stand somewhere, with its description.
    var fish: String {
        var lines = [
            "# Completion of cairn for fish. To have it always: "
                + "cairn completion fish > ~/.config/fish/completions/cairn.fish",
            """
            function __cairn_accounts
                set -l folder $HOME/.cairn/accounts
                set -q CAIRN_KEYSTORE; and set folder $CAIRN_KEYSTORE
                ls $folder 2>/dev/null | string replace -rf '\\.(key|account)\\.json$' '' | sort -u
            end
            function __cairn_words
                set -l words (commandline -opc)
                test (count $words) -ge 3; and test "$words[2] $words[3]" = "$argv[1]"
            end
            function __cairn_alone
                set -l words (commandline -opc)
                test (count $words) -ge 2; and test "$words[2]" = "$argv[1]"
            end
            function __cairn_noun
                set -l words (commandline -opc)
                test (count $words) -eq 2; and test "$words[2]" = "$argv[1]"
            end
            complete -c cairn -f
            """,
        ]
        for noun in nouns {
            lines.append("complete -c cairn -n 'test (count (commandline -opc)) -eq 1' -a \(noun)")
        }
        for command in table.commands { lines += fishLines(command) }
        return lines.joined(separator: "\n")
    }

    private func fishLines(_ command: Command) -> [String] {
        let asks = command.verb.isEmpty ? "__cairn_alone" : "__cairn_words"
        let isHere = Self.fishQuoted("\(asks) \(Self.fishQuoted(command.name))")
        var lines: [String] = []
        if !command.verb.isEmpty {
            lines.append(
                "complete -c cairn -n '__cairn_noun \(command.noun)' -a \(command.verb) "
                    + "-d \(Self.fishQuoted(command.summary))")
        }
        for option in options(of: command) {
            let values = option.placeholder == nil ? "" : " -r \(Self.fishValues(option.value))"
            lines.append("complete -c cairn -n \(isHere) -l \(option.name)\(values) -d \(Self.fishQuoted(option.help))")
        }
        for value in command.arguments.map(\.value) where value != .text {
            lines.append("complete -c cairn -n \(isHere) \(Self.fishValues(value))")
        }
        return lines
    }

    private static func fishValues(_ value: ValueKind) -> String {
        switch value {
        case .text: "-f"
        case .file: "-F"
        case .folder: "-f -a '(__fish_complete_directories)'"
        case .account: "-f -a '(__cairn_accounts)'"
        case .words(let words): "-f -a \(fishQuoted(words.joined(separator: " ")))"
        }
    }

    /// fish knows two escapes within quotes.
    private static func fishQuoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
