import CairnClient
import Contracts
import Foundation
import HTTP
import Ledger
import Primitives

/// How the ledger's things look on a line.
enum LedgerText {
    static func text(_ json: JSON?) -> String { json?.stringValue ?? "nothing" }

    /// The block and its time, of whatever is in one.
    static func place(_ json: JSON) -> [String] {
        [json["height"]?.uint64Value.map { "\($0)" } ?? "", time(json["time"]?.uint64Value)]
    }

    static func time(_ milliseconds: UInt64?) -> String {
        guard let milliseconds else { return "" }
        return Date(timeIntervalSince1970: Double(milliseconds) / 1000).ISO8601Format()
    }

    /// Whether a transaction took effect.
    static func status(_ receipt: JSON) -> String {
        guard let failure = receipt["failure"] else { return Terminal.output.green("success") }
        return Terminal.output.red(text(failure["code"]))
    }

    /// What a transaction did, by the names of its events.
    static func done(_ receipt: JSON) -> String {
        let names = (receipt["events"]?.arrayValue ?? []).map { text($0["name"]) }
        return names.isEmpty ? "none" : names.joined(separator: ", ")
    }
}

/// Says in words what an event means, where it is of a contract that every chain has.
struct EventReader {
    private let client: CairnClient
    /// By symbol; nil for an asset that can't be asked for.
    private var decimals: [String: UInt8?] = [:]

    init(_ client: CairnClient) { self.client = client }

    mutating func text(of event: JSON) async -> String {
        let name = LedgerText.text(event["name"])
        guard event["contract"]?.stringValue == Assets.address.description,
            let data = event["data"]?.stringValue.flatMap([UInt8].init(hexadecimal:)),
            let text = await movement(data, event["topics"]?.arrayValue ?? [])
        else {
            let topics = (event["topics"]?.arrayValue ?? []).map(Self.account)
            return ([name] + topics + [LedgerText.text(event["data"])]).joined(separator: " ")
        }
        return "\(name) \(text)"
    }

    /// Nil if it is none.
    private mutating func movement(_ data: [UInt8], _ topics: [JSON]) async -> String? {
        var decoder = CanonicalDecoder(data)
        guard topics.count == 2, let symbol = try? AssetSymbol(from: &decoder),
            let amount = try? UInt256(from: &decoder), (try? decoder.finish()) != nil
        else { return nil }
        let text = await self.text(of: amount, symbol.description)
        let (from, to) = (Self.account(topics[0]), Self.account(topics[1]))
        return [text, from.isEmpty ? "" : "from \(from)", to.isEmpty ? "" : "to \(to)"].filter { !$0.isEmpty }
            .joined(separator: " ")
    }

    private mutating func text(of amount: UInt256, _ symbol: String) async -> String {
        let known: UInt8?
        if let asked = decimals[symbol] {
            known = asked
        } else {
            known = try? await client.assets.kind(symbol).decimals
            decimals[symbol] = .some(known)
        }
        return known.map { "\(AmountText.text(of: amount, decimals: $0)) \(symbol)" }
            ?? "\(amount) of the smallest units of \(symbol)"
    }

    /// The account that a topic holds, empty for none; another topic as it is.
    private static func account(_ topic: JSON) -> String {
        guard let digest = topic.stringValue.flatMap(Digest.init(hexadecimal:)), let address = Address(topic: digest)
        else { return LedgerText.text(topic) }
        return address == .zero ? "" : address.description
    }
}
