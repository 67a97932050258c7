/// What shells need to complete a command line: scripts made from the commands themselves.
///
/// Each script has one table with a line for every command, and a few lines of code that read it: which option or
/// argument the word under the cursor is, and what may stand there. Names of accounts come from the key store's files.
struct Completion {
    let table: CommandTable

    /// The nouns in the order of the help.
    var nouns: [String] {
        var nouns: [String] = []
        for command in table.commands where !nouns.contains(command.noun) { nouns.append(command.noun) }
        return nouns
    }

    /// Those that are commands by themselves.
    var lonelyNouns: [String] { table.commands.filter(\.verb.isEmpty).map(\.noun) }

    func verbs(of noun: String) -> [String] { table.commands.filter { $0.noun == noun }.map(\.verb) }

    /// All options of a command, the common ones included.
    func options(of command: Command) -> [Option] { command.allOptions }

    /// `--as=account --output=file`: the options that take a value, and of which kind it is.
    func values(of command: Command) -> String {
        let valued = options(of: command).filter { $0.placeholder != nil }
        return valued.map { "--\($0.name)=\(kind(of: $0.value))" }.joined(separator: " ")
    }

    /// `account file`: the kinds of the arguments.
    func places(of command: Command) -> String { command.arguments.map { kind(of: $0.value) }.joined(separator: " ") }

    private func kind(of value: ValueKind) -> String {
        switch value {
        case .text: "text"
        case .file: "file"
        case .folder: "folder"
        case .account: "account"
        case .words(let words): words.joined(separator: ",")
        }
    }

    /// A text as one word of a shell, whatever it holds.
    static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
