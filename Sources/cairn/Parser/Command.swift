/// One command, `cairn <noun> <verb>`: what it takes, and what it does.
struct Command: Sendable {
    let noun: String
    let verb: String
    /// One line.
    let summary: String
    /// More, for the command's own help.
    var discussion = ""
    var arguments: [Argument] = []
    var options: [Option] = []
    let run: @Sendable (Invocation) async throws -> Void

    var name: String { "\(noun) \(verb)" }
}

/// Something that is given by its place.
struct Argument: Sendable {
    let name: String
    let help: String
    var isRequired = true
}

/// Something that is given by its name: `--name VALUE`, or `--name` alone for a flag.
struct Option: Sendable {
    let name: String
    /// What stands for the value in the help; nil for a flag.
    let placeholder: String?
    let help: String
    var isRequired = false

    static let json = Option(name: "json", placeholder: nil, help: "print one JSON object, for programs")
    static let help = Option(name: "help", placeholder: nil, help: "print this help")
    static let node = Option(
        name: "node", placeholder: "URL",
        help: "the node's address (default: $CAIRN_NODE, else http://127.0.0.1:8545)")
    static let keystore = Option(
        name: "keystore", placeholder: "DIR",
        help: "the folder of the accounts (default: $CAIRN_KEYSTORE, else ~/.cairn/accounts)")
    static let passphraseFile = Option(
        name: "passphrase-file", placeholder: "FILE",
        help: "read the passphrase from a file (default: $CAIRN_PASSPHRASE_FILE, else asked for)")
    static func sender(_ what: String) -> Option {
        Option(name: "as", placeholder: "ACCOUNT", help: "the account that \(what)", isRequired: true)
    }
}

/// A command with what was given to it.
struct Invocation: Sendable {
    let command: Command
    private let arguments: [String: String]
    private let options: [String: String]

    init(_ command: Command, arguments: [String: String], options: [String: String]) {
        self.command = command
        self.arguments = arguments
        self.options = options
    }

    var isJSON: Bool { has("json") }

    func has(_ flag: String) -> Bool { options[flag] != nil }
    func option(_ name: String) -> String? { options[name] }
    func argument(_ name: String) -> String? { arguments[name] }

    /// What the parser has made sure of.
    func required(_ name: String) throws(CommandError) -> String {
        guard let value = arguments[name] ?? options[name] else { throw .usage("\(name) is missing", command) }
        return value
    }

    func number<Number: FixedWidthInteger>(_ name: String, default value: Number) throws(CommandError) -> Number {
        guard let text = options[name] else { return value }
        guard let number = Number(text) else {
            throw .usage("--\(name) takes a number from \(Number.min) to \(Number.max), not \"\(text)\"", command)
        }
        return number
    }
}

/// Why a command did not do its work.
enum CommandError: Error {
    /// It was called wrongly.
    case usage(String, Command?)
    /// It was called rightly, and failed.
    case failed(String)
}
