import CairnClient
import Foundation
import HTTP
import Ledger
import Networking
import Primitives

// What happens, as it happens.
extension Command {
    private static let ends = """
        One line for each, with --json one JSON object on a line. It goes on until Ctrl-C, or until there were --count of
        them. When the node can't be reached it says so on standard error, tries again, and goes on behind the last
        thing that it told, without gap or repeat.
        """

    static let watchBlocks = Command(
        noun: "watch", verb: "blocks", summary: "tell of each block as it comes",
        discussion: """
            \(ends)

            From now on:           cairn watch blocks
            All from the start:    cairn watch blocks --from 1
            """,
        options: Option.following
    ) { invocation in
        try await invocation.follow {
            $0.blocks(from: $1)
        } json: {
            $0.json
        } line: { block, _ in
            let failed = block.failedCount == 0 ? "" : Terminal.output.red(", \(block.failedCount) failed")
            let count = block.transactionCount == 1 ? "1 transaction" : "\(block.transactionCount) transactions"
            return "\(count)\(failed)  \(Terminal.output.dim(block.hash))"
        }
    }

    static let watchAccount = Command(
        noun: "watch", verb: "account", summary: "tell of each transaction that an account signs or is named in",
        discussion: """
            \(ends)

            What comes in for bob:  cairn watch account bob
            The next one, and end:  cairn watch account bob --count 1 --json
            """,
        arguments: [.account], options: Option.following + [.keystore]
    ) { invocation in
        let account = try invocation.address(try invocation.required("account"))
        try await invocation.follow {
            $0.receipts(of: account, from: $1)
        } json: {
            $0.json
        } line: { receipt, reader in
            var events: [String] = []
            for event in receipt.json["events"]?.arrayValue ?? [] { events.append(await reader.text(of: event)) }
            let done =
                events.isEmpty ? LedgerText.text(receipt.json["failure"]?["text"]) : events.joined(separator: ", ")
            return "\(LedgerText.status(receipt.json))  \(done)  \(Terminal.output.dim(receipt.transaction))"
        }
    }

    static let watchEvents = Command(
        noun: "watch", verb: "events", summary: "tell of each event of a contract",
        discussion: """
            \(ends)

            All transfers:       cairn watch events assets Transferred
            All that was, too:   cairn watch events assets --from 1
            """,
        arguments: [
            .contract,
            Argument(name: "name", help: "what the contract calls them (default: all)", isRequired: false),
        ], options: Option.following
    ) { invocation in
        let contract = try invocation.contract(try invocation.required("contract"))
        let name = invocation.argument("name")
        try await invocation.follow {
            $0.events(of: contract, name: name, from: $1)
        } json: {
            $0.json
        } line: { event, reader in
            "\(await reader.text(of: event.json))  \(Terminal.output.dim(event.transaction))"
        }
    }
}

extension Option {
    fileprivate static let following = [
        Option(name: "from", placeholder: "HEIGHT", help: "the first block to tell of (default: the next one)"),
        Option(name: "count", placeholder: "N", help: "end after so many (default: go on)"), .node,
    ]
}

extension Invocation {
    /// Prints what a subscription tells until there was enough of it, or somebody has had enough.
    fileprivate func follow<Element: Sendable>(
        _ subscribe: @escaping @Sendable (CairnConnection, UInt64?) -> ChainSubscription<Element>,
        json: @escaping @Sendable (Element) -> JSON,
        line: @escaping @Sendable (Element, inout EventReader) async -> String
    ) async throws {
        let from = try option("from").map { _ in try number("from", default: UInt64(0)) }
        let count = try number("count", default: UInt64.max)
        guard count > 0 else { throw CommandError.usage("--count takes a number from 1 on", command) }
        let connection = CairnConnection(endpoint: endpoint, access: access, triesMax: .max) { Terminal.note($0.line) }
        let (isJSON, client) = (isJSON, try client())
        let following = Task {
            var reader = EventReader(client)
            var left = count
            for try await element in subscribe(connection, from) {
                let object = json(element)
                if isJSON {
                    Terminal.print(String(decoding: object.text, as: UTF8.self))
                } else {
                    let place = LedgerText.place(object)
                    let text = await line(element, &reader)
                    Terminal.print("\(Terminal.output.bold("block \(place[0])"))  \(place[1])  \(text)")
                }
                left -= 1
                if left == 0 { return }
            }
        }
        let signals = try EventLoop(name: "signals")
        try signals.watchForTermination { _ in
            // Who asks twice does not want to wait.
            if following.isCancelled { exit(1) }
            following.cancel()
        }
        do {
            try await following.value
        } catch {
            guard following.isCancelled else { throw error }
        }
        await connection.close()
        signals.stop()
    }
}

extension ConnectionNotice {
    fileprivate var line: String {
        switch self {
        case .lost(let reason): "\(Terminal.errors.red("lost")) the node: \(reason); trying again"
        case .restored: "\(Terminal.errors.green("reached")) the node again"
        }
    }
}
