/// The help, made from the commands themselves.
struct Help {
    let table: CommandTable
    let style: Style

    func overview() -> String {
        var lines = [
            "\(style.bold("cairn")): a ledger that organisations keep together", "",
            "\(style.bold("usage"))  cairn <noun> <verb> [arguments] [--options]", "",
        ]
        let width = table.commands.map { synopsisName($0).count }.max() ?? 0
        var last = ""
        for command in table.commands {
            if command.noun != last, !last.isEmpty { lines.append("") }
            last = command.noun
            lines.append("  \(style.bold(pad(synopsisName(command), width)))  \(command.summary)")
        }
        lines += ["", "Every command takes --json, and --help to say more."]
        return lines.joined(separator: "\n")
    }

    private func synopsisName(_ command: Command) -> String { command.name }

    func page(for command: Command) -> String {
        var lines = ["\(style.bold("cairn \(command.name)")): \(command.summary)", ""]
        lines.append("\(style.bold("usage"))  \(synopsis(command))")
        if !command.discussion.isEmpty { lines += ["", command.discussion] }
        let options = command.allOptions
        let names = command.arguments.map(\.name) + options.map(label)
        let width = names.map(\.count).max() ?? 0
        if !command.arguments.isEmpty {
            lines += ["", style.bold("arguments")]
            lines += command.arguments.map { "  \(pad($0.name, width))  \($0.help)" }
        }
        lines += ["", style.bold("options")]
        lines += options.map { "  \(pad(label($0), width))  \($0.help)\($0.isRequired ? " (required)" : "")" }
        return lines.joined(separator: "\n")
    }

    func synopsis(_ command: Command) -> String {
        var words = ["cairn", command.name]
        words += command.arguments.map { $0.isRequired ? "<\($0.name)>" : "[\($0.name)]" }
        words += command.options.filter(\.isRequired).map(label)
        if command.options.contains(where: { !$0.isRequired }) { words.append("[options]") }
        return words.joined(separator: " ")
    }

    private func label(_ option: Option) -> String {
        option.placeholder.map { "--\(option.name) \($0)" } ?? "--\(option.name)"
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
