import Foundation
import Glibc
import HTTP

/// Colours, where a terminal has them.
struct Style: Sendable {
    let isColoured: Bool

    static let plain = Style(isColoured: false)

    /// Colours for a stream that is a terminal, unless `NO_COLOR` is set (and not empty) or the terminal is dumb.
    static func standard(for descriptor: Int32) -> Style {
        let environment = ProcessInfo.processInfo.environment
        let isWanted = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        return Style(isColoured: isWanted && isatty(descriptor) == 1)
    }

    func bold(_ text: String) -> String { coloured(text, "1") }
    func green(_ text: String) -> String { coloured(text, "32") }
    func yellow(_ text: String) -> String { coloured(text, "33") }
    func red(_ text: String) -> String { coloured(text, "31") }
    func dim(_ text: String) -> String { coloured(text, "2") }

    /// How many columns a text takes, colours left out.
    static func width(of text: String) -> Int { text.replacing(/\u{1B}\[[0-9]*m/, with: "").count }

    private func coloured(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

/// Standard output and standard error.
enum Terminal {
    static let output = Style.standard(for: STDOUT_FILENO)
    static let errors = Style.standard(for: STDERR_FILENO)

    /// Prints a result. Whoever reads it may be gone; that ends the program quietly.
    static func print(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    /// Prints a remark, beside the results.
    static func note(_ text: String) {
        endProgress()
        write(text + "\n", to: STDERR_FILENO)
    }

    static func print(_ json: JSON) { print(json.prettyText) }

    /// Prints some members of an object, a line each.
    static func show(_ json: JSON, _ names: [String]) {
        for name in names {
            guard let value = json[name], !value.isNull else { continue }
            let label = name.padding(toLength: max(10, name.count + 2), withPad: " ", startingAt: 0)
            print(label + (value.stringValue ?? value.prettyText))
        }
    }

    static func write(_ text: String, to descriptor: Int32) {
        guard tryWrite(text, to: descriptor) else { exit(1) }
    }

    /// Writes a text, for whoever must go on even if nobody reads it any more. False if it could not be written.
    @discardableResult
    static func tryWrite(_ text: String, to descriptor: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
