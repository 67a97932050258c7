/// The program's commands, and how a line of words becomes one of them.
struct CommandTable: Sendable {
    let commands: [Command]

    /// What a line of words asks for.
    enum Request {
        case run(Invocation)
        case help(Command?)
        case version
    }

    func parse(_ words: [String]) throws(CommandError) -> Request {
        guard let noun = words.first, noun != "help", noun != "--help", noun != "-h" else { return .help(nil) }
        if noun == "--version" || noun == "version" { return .version }
        let verbs = commands.filter { $0.noun == noun }
        guard !verbs.isEmpty else {
            throw .usage("there is no \"\(noun)\"; \(hint(noun, among: commands.map(\.noun)))", nil)
        }
        if let alone = verbs.first(where: \.verb.isEmpty) { return try parse(Array(words.dropFirst()), for: alone) }
        guard words.count > 1, !words[1].hasPrefix("-") else {
            if words.count > 1, words[1] == "--help" || words[1] == "-h" { return .help(nil) }
            throw .usage("\(noun) needs a verb: \(verbs.map(\.verb).joined(separator: ", "))", nil)
        }
        guard let command = verbs.first(where: { $0.verb == words[1] }) else {
            throw .usage("\(noun) has no \"\(words[1])\"; \(hint(words[1], among: verbs.map(\.verb)))", nil)
        }
        return try parse(Array(words.dropFirst(2)), for: command)
    }

    private func parse(_ words: [String], for command: Command) throws(CommandError) -> Request {
        var arguments: [String: String] = [:]
        var options: [String: [String]] = [:]
        var places = command.arguments[...]
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--help" || word == "-h" { return .help(command) }
            if word.hasPrefix("--") {
                try parse(option: String(word.dropFirst(2)), &rest, of: command, into: &options)
            } else if let place = places.popFirst() {
                arguments[place.name] = word
            } else {
                throw .usage("\"\(word)\" is one word too many", command)
            }
        }
        if let missing = places.first(where: \.isRequired) { throw .usage("\(missing.name) is missing", command) }
        for option in command.options where option.isRequired && options[option.name] == nil {
            throw .usage("--\(option.name) is missing", command)
        }
        return .run(Invocation(command, arguments: arguments, options: options))
    }

    private func parse(
        option word: String, _ rest: inout ArraySlice<String>, of command: Command,
        into options: inout [String: [String]]
    ) throws(CommandError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts[0]
        guard let option = command.allOptions.first(where: { $0.name == name && name != Option.help.name }) else {
            throw .usage(
                "there is no --\(name); \(hint(name, among: command.allOptions.map(\.name)))", command)
        }
        guard options[name] == nil || option.isRepeatable else { throw .usage("--\(name) is given twice", command) }
        guard option.placeholder != nil else {
            guard parts.count == 1 else { throw .usage("--\(name) takes no value", command) }
            options[name] = [""]
            return
        }
        if parts.count > 1 {
            options[name, default: []].append(parts[1])
            return
        }
        // A value that starts like an option is rather a forgotten value; `--name=--value` says that it is meant.
        guard let value = rest.first, !value.hasPrefix("--") else {
            throw .usage("--\(name) needs a value", command)
        }
        options[name, default: []].append(value)
        rest = rest.dropFirst()
    }

    /// What was probably meant, else all there is.
    private func hint(_ word: String, among all: [String]) -> String {
        var known: [String] = []
        for name in all where !known.contains(name) { known.append(name) }
        if let near = known.first(where: { distance($0, word) <= 2 }) { return "did you mean \"\(near)\"?" }
        return "there are \(known.joined(separator: ", "))"
    }

    /// Levenshtein's distance.
    private func distance(_ left: String, _ right: String) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var previous = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let next = Swift.min(row[j + 1] + 1, row[j] + 1, previous + (a == b ? 0 : 1))
                previous = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[right.count]
    }
}
