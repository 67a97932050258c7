import HTTP

extension Command {
    static let completionBash = completion("bash") { $0.bash }
    static let completionZsh = completion("zsh") { $0.zsh }
    static let completionFish = completion("fish") { $0.fish }

    private static func completion(_ shell: String, _ script: @escaping @Sendable (Completion) -> String) -> Command {
        Command(
            noun: "completion", verb: shell, summary: "print what lets \(shell) complete cairn's command lines",
            discussion: shell == "fish"
                ? "Try it with: cairn completion fish | source" : "Try it with: source <(cairn completion \(shell))"
        ) { invocation in
            let text = script(Completion(table: Main.table))
            invocation.isJSON ? Terminal.print(["script": .string(text)]) : Terminal.print(text)
        }
    }
}
