import CairnClient

/// One command, `cairn <noun> <verb>`: what it takes, and what it does.
struct Command: Sendable {
    let noun: String
    /// Empty if the noun alone is the command.
    let verb: String
    /// One line.
    let summary: String
    /// More, for the command's own help.
    var discussion = ""
    var arguments: [Argument] = []
    var options: [Option] = []
    let run: @Sendable (Invocation) async throws -> Void

    var name: String { verb.isEmpty ? noun : "\(noun) \(verb)" }

    /// Its own options, those of every command that asks a node, and those of every command.
    var allOptions: [Option] {
        options + (options.contains { $0.name == Option.node.name } ? Option.access : []) + [.json, .help]
    }
}

/// What a value is: what a shell can propose for it.
enum ValueKind: Hashable, Sendable {
    case text
    case file
    case folder
    /// The name of an account of the key store.
    case account
    /// One of these words.
    case words([String])
}

/// Something that is given by its place.
struct Argument: Sendable {
    let name: String
    let help: String
    var isRequired = true
    var value = ValueKind.text
}

/// Something that is given by its name: `--name VALUE`, or `--name` alone for a flag.
struct Option: Sendable {
    let name: String
    /// What stands for the value in the help; nil for a flag.
    let placeholder: String?
    let help: String
    var isRequired = false
    /// Whether it may be given more than once.
    var isRepeatable = false
    var value = ValueKind.text

    static let json = Option(name: "json", placeholder: nil, help: "print one JSON object, for programs")
    static let help = Option(name: "help", placeholder: nil, help: "print this help")
    static let node = Option(
        name: "node", placeholder: "URL",
        help: "the node's address, http:// or https:// (default: $CAIRN_NODE, else http://127.0.0.1:8545)")
    /// Of each command that asks a node.
    static let access = [
        Option(
            name: "certificate", placeholder: "FILE",
            help: "for https://: your certificate, in PEM (default: $CAIRN_CERTIFICATE, else none)", value: .file),
        Option(
            name: "certificate-key", placeholder: "FILE",
            help: "its key, PKCS #8 in PEM (default: $CAIRN_CERTIFICATE_KEY)", value: .file),
        Option(
            name: "authority", placeholder: "FILE",
            help: "who vouches for the node, in PEM (default: $CAIRN_AUTHORITY, else whom the system trusts)",
            value: .file),
        Option(
            name: "token-file", placeholder: "FILE",
            help: "a file with a token for the node (default: $CAIRN_TOKEN_FILE, else none)", value: .file),
    ]
    static let keystore = Option(
        name: "keystore", placeholder: "DIR",
        help: "the folder of the accounts (default: $CAIRN_KEYSTORE, else ~/.cairn/accounts)", value: .folder)
    static let passphraseFile = Option(
        name: "passphrase-file", placeholder: "FILE",
        help: "read the passphrase from a file (default: $CAIRN_PASSPHRASE_FILE, else asked for)", value: .file)
    static func sender(_ what: String) -> Option {
        Option(
            name: "as", placeholder: "ACCOUNT", help: "the account that \(what)", isRequired: true, value: .account)
    }
    static func suite(_ help: String) -> Option {
        Option(
            name: "suite", placeholder: "SUITE", help: help, value: .words(ChainSuite.allCases.map(\.rawValue)))
    }
    static let scheme = Option(
        name: "scheme", placeholder: "SCHEME",
        help: "how it signs: \(AccountScheme.names) (default: sm2 for the national suite, else ed25519)",
        value: .words(AccountScheme.allCases.map(\.rawValue)))
    /// Of each command that sends a transaction.
    static let signing = [
        Option(
            name: "with-key", placeholder: "NAME",
            help: "sign with this key of yours; may be repeated (default: those that act for the account)",
            isRepeatable: true, value: .account),
        Option(
            name: "output", placeholder: "FILE", help: "don't send the transaction, write it for others to sign",
            value: .file),
        Option(
            name: "expires-in", placeholder: "TIME",
            help: "with --output: how long it is valid, as 90s, 15m, 2h or 1d (default: 15m)"),
        .node, .keystore, .passphraseFile,
    ]
}

/// A command with what was given to it.
struct Invocation: Sendable {
    let command: Command
    private let arguments: [String: String]
    private let options: [String: [String]]

    init(_ command: Command, arguments: [String: String], options: [String: [String]]) {
        self.command = command
        self.arguments = arguments
        self.options = options
    }

    var isJSON: Bool { has("json") }

    func has(_ flag: String) -> Bool { options[flag] != nil }
    func option(_ name: String) -> String? { options[name]?.first }
    /// All values of an option that may be repeated.
    func values(_ name: String) -> [String] { options[name] ?? [] }
    func argument(_ name: String) -> String? { arguments[name] }

    /// What the parser has made sure of.
    func required(_ name: String) throws(CommandError) -> String {
        guard let value = arguments[name] ?? option(name) else { throw .usage("\(name) is missing", command) }
        return value
    }

    func number<Number: FixedWidthInteger>(_ name: String, default value: Number) throws(CommandError) -> Number {
        guard let text = option(name) else { return value }
        guard let number = Number(text) else {
            throw .usage("--\(name) takes a number from \(Number.min) to \(Number.max), not \"\(text)\"", command)
        }
        return number
    }
}

extension Option {
    /// For commands that can ask about an earlier block.
    static let height = Option(
        name: "height", placeholder: "HEIGHT", help: "as of this block, if the node keeps its state (default: newest)")
}

extension Invocation {
    /// The block that is asked about; nil for the newest.
    func height() throws(CommandError) -> UInt64? {
        guard option("height") != nil else { return nil }
        return try number("height", default: 0)
    }
}

extension AccountScheme {
    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

/// Why a command did not do its work.
enum CommandError: Error {
    /// It was called wrongly.
    case usage(String, Command?)
    /// It was called rightly, and failed.
    case failed(String)
}
