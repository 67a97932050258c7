import CairnClient
import Cryptography
import Foundation
import Glibc

/// Where passphrases come from: a file, or the person at the terminal.
enum PassphrasePrompt {
    /// The passphrase of `--passphrase-file`, of `$CAIRN_PASSPHRASE_FILE`, or one that is typed; twice when it is new.
    static func read(_ invocation: Invocation, for what: String, isNew: Bool) throws -> Passphrase {
        let named = invocation.option("passphrase-file")
        if let path = named ?? ProcessInfo.processInfo.environment["CAIRN_PASSPHRASE_FILE"] {
            return try read(file: path)
        }
        guard isatty(STDIN_FILENO) == 1 else {
            throw CommandError.failed(
                "no passphrase: give --passphrase-file FILE or set CAIRN_PASSPHRASE_FILE, as there is no terminal to ask"
            )
        }
        var typed = try type("passphrase of \(what): ")
        if isNew {
            var again = try type("the same again: ")
            let isSame = typed == again
            for index in again.indices { again[index] = 0 }
            guard isSame else { throw CommandError.failed("the two passphrases differ") }
        }
        return try Passphrase(wiping: &typed)
    }

    /// The first line of a file.
    static func read(file path: String) throws -> Passphrase {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError.failed("cannot read the passphrase file \(path): is it there, and yours?")
        }
        var bytes = Array(data.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
        return try Passphrase(wiping: &bytes)
    }

    /// A line from the terminal that is not shown.
    private static func type(_ prompt: String) throws -> [UInt8] {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else {
            throw CommandError.failed("the terminal can't be told to hide what is typed")
        }
        var hidden = settings
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        defer { tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) }
        FileHandle.standardError.write(Data(prompt.utf8))
        defer { FileHandle.standardError.write(Data("\n".utf8)) }
        return Array((readLine() ?? "").utf8)
    }
}
