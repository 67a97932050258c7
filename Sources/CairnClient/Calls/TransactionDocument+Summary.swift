internal import Contracts
internal import Foundation
internal import Ledger
internal import Primitives

extension TransactionDocument {
    /// What the transaction does, in words, line by line: what somebody who signs it should read.
    public var summary: [String] {
        var lines = ["chain     \(chainName), \(genesisDigest)", "sender    \(transaction.sender)"]
        lines += described ?? ["calls     \(transaction.method) of contract \(transaction.contract)"]
        if described == nil { lines.append("arguments \(transaction.arguments.hexadecimal)") }
        if let payer = transaction.feePayer { lines.append("fees by   \(payer.account), at most \(payer.cap)") }
        lines.append("expires   \(Self.text(of: expiryMilliseconds))")
        lines += transaction.signers.map { "signers   \($0)" }
        return lines
    }

    private static func text(of milliseconds: UInt64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).ISO8601Format()
    }

    /// What the contracts of every chain are asked for; nil for others, and for arguments that they refuse.
    private var described: [String]? {
        var decoder = CanonicalDecoder(transaction.arguments)
        let lines: [String]?
        switch transaction.contract {
        case Accounts.address where transaction.method == "setAuthentication":
            lines = (try? AuthenticationRecord(from: &decoder)).map { record in
                ["new keys  signatures that weigh \(record.threshold) act for \(transaction.sender) alone:"]
                    + record.weightedKeys.map { "          \($0.key), weight \($0.weight)" }
            }
        case Assets.address: lines = try? Self.assets(transaction.method, &decoder)
        case Members.address: lines = try? Self.members(transaction.method, &decoder)
        default: return nil
        }
        guard let lines, (try? decoder.finish()) != nil else { return nil }
        return lines
    }

    private static func members(
        _ method: String, _ decoder: inout CanonicalDecoder
    ) throws(CodingError) -> [String]? {
        switch method {
        case "propose":
            let draft = try ProposalDraft(from: &decoder)
            return ["proposes  to the other members, who can vote until \(text(of: draft.expiry.milliseconds)):"]
                + draft.actions.map { "          \($0)" } + (draft.note.isEmpty ? [] : ["note      \(draft.note)"])
        case "vote":
            let number: UInt64 = try decoder.decode()
            return ["votes     \(try decoder.decodeBool() ? "yes" : "no") to proposal \(number)"]
        default: return nil
        }
    }

    private static func assets(
        _ method: String, _ decoder: inout CanonicalDecoder
    ) throws(CodingError) -> [String]? {
        func units(_ amount: UInt256, _ symbol: AssetSymbol) -> String {
            "\(amount) of the smallest units of \(symbol)"
        }
        let symbol: AssetSymbol = try decoder.decode()
        switch method {
        case "create":
            let name = try decoder.decodeString(maximum: AssetKind.nameByteCountMax)
            return ["creates   the asset \(symbol), \"\(name)\", with \(try decoder.decode(UInt8.self)) decimals"]
        case "issue", "transfer", "approve":
            let account: Address = try decoder.decode()
            let amount: UInt256 = try decoder.decode()
            let verb = ["issue": "issues    ", "transfer": "transfers "][method] ?? "allows    "
            return ["\(verb)\(units(amount, symbol))", "to        \(account)"]
        case "transferFrom":
            let from: Address = try decoder.decode()
            let to: Address = try decoder.decode()
            let amount: UInt256 = try decoder.decode()
            return ["transfers \(units(amount, symbol))", "from      \(from)", "to        \(to)"]
        case "burn": return ["burns     \(units(try decoder.decode(), symbol))"]
        case "freeze", "unfreeze":
            let account: Address = try decoder.decode()
            return ["\(method == "freeze" ? "freezes   " : "unfreezes ")\(account) for \(symbol)"]
        default: return nil
        }
    }
}
