import HTTP
import Primitives

/// The ledger as its blocks tell it, executed by the simplest means there are: what the node says is held against it.
struct LedgerModel {
    private(set) var height: UInt64 = 0
    private(set) var hash: String?
    private(set) var balances: [UInt64]
    private(set) var places: [Digest: Place] = [:]
    private(set) var order: [Digest] = []

    init(accountCount: Int) { balances = Array(repeating: 0, count: accountCount) }

    /// Takes in the next block with the receipts of its transactions, and gives back what is wrong with it.
    /// Whether others than the clients send transactions, which change nothing that the clients look at.
    var allowsOthers = false

    mutating func take(_ block: JSON, _ receipts: [JSON], _ records: ClientRecords) -> [String] {
        var findings: [String] = []
        height += 1
        if let hash, block["parent"]?.stringValue != hash {
            findings.append("block \(height) does not follow the block that was there before")
        }
        hash = block["hash"]?.stringValue
        for (identity, receipt) in zip(Self.identities(of: block), receipts) {
            findings += take(identity, receipt, records)
        }
        return findings
    }

    static func identities(of block: JSON) -> [Digest] {
        (block["transactions"]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap(Digest.init(hexadecimal:)) }
    }

    private mutating func take(_ identity: Digest, _ receipt: JSON, _ records: ClientRecords) -> [String] {
        guard let submission = records.submission(identity) else {
            return allowsOthers ? [] : ["block \(height) holds transaction \(identity), which nobody sent"]
        }
        if let before = places[identity] {
            return ["transaction \(identity) is in block \(before.height) and again in block \(height)"]
        }
        let expected = execute(submission.action)
        places[identity] = Place(height: height, isSuccess: expected)
        order.append(identity)
        let said = Place(receipt)
        guard said == places[identity] else {
            return ["transaction \(identity) of block \(height) has the receipt \(receipt), success: \(expected)"]
        }
        return []
    }

    private mutating func execute(_ action: Action) -> Bool {
        switch action {
        case .create: return true
        case .issue(let to, let amount): balances[to] += amount
        case .transfer(let from, let to, let amount):
            guard balances[from] >= amount else { return false }
            balances[from] -= amount
            balances[to] += amount
        }
        return true
    }
}

extension Place {
    /// What a receipt says.
    init?(_ receipt: JSON) {
        guard let height = receipt["height"]?.uint64Value, let status = receipt["status"]?.stringValue else {
            return nil
        }
        self.init(height: height, isSuccess: status == "success")
    }
}
