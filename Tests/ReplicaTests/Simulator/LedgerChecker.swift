import Contracts
import Ledger
import Primitives
import Replica
import Storage
import TestSupport

/// What the simulator found wrong.
struct SimulationFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// What was told of the ledger, and whether that holds: knows nothing of how a replica works, and executes by itself.
struct LedgerChecker {
    private let chain: SimulatedChain
    /// What each transaction that was ever made asks for; nil where it must fail for want of gas.
    private var actions: [Digest: (action: AssetAction?, sender: Address)] = [:]
    /// The blocks that were told, from height 1 on, as records of the log.
    private(set) var told: [[UInt8]] = []
    private(set) var committed: Set<Digest> = []
    private(set) var assets = NaiveAssets()
    private var lastTime = SimulatedChain.start

    init(_ chain: SimulatedChain) { self.chain = chain }

    mutating func register(_ signed: SignedTransaction, _ action: AssetAction?) {
        actions[signed.identity] = (action, signed.transaction.sender)
    }

    // MARK: What is told

    /// Clients were told of these blocks.
    mutating func tell(_ blocks: [CommittedBlock]) throws {
        for block in blocks {
            let height = told.count + 1
            guard block.height == height else {
                throw SimulationFailure("block \(block.height) was told after block \(height - 1)")
            }
            told.append(block.record)
            try take(block.certified)
        }
    }

    private mutating func take(_ block: CertifiedBlock) throws {
        guard block.block.header.time > lastTime else {
            throw SimulationFailure("the time of block \(block.height) does not pass its parent's")
        }
        lastTime = block.block.header.time
        guard block.block.transactions.count <= Int(chain.genesis.limits.blockTransactionCountMax) else {
            throw SimulationFailure("block \(block.height) is too full")
        }
        for (signed, receipt) in zip(block.block.transactions, block.receipts) {
            guard committed.insert(signed.identity).inserted else {
                throw SimulationFailure("transaction \(signed.identity) was applied twice, last in \(block.height)")
            }
            guard signed.transaction.expiry > lastTime else {
                throw SimulationFailure("transaction \(signed.identity) is in block \(block.height), but had expired")
            }
            try take(signed, receipt)
        }
    }

    private mutating func take(_ signed: SignedTransaction, _ receipt: Receipt) throws {
        guard let known = actions[signed.identity] else {
            throw SimulationFailure("transaction \(signed.identity) was never submitted")
        }
        let expected = known.action.map { assets.apply($0, by: known.sender) } ?? "outOfGas"
        let found: String? = if case .failure(let failure) = receipt.outcome { failure.code } else { nil }
        guard receipt.transaction == signed.identity, found == expected, (found == nil) == !receipt.events.isEmpty
        else {
            throw SimulationFailure(
                "\(String(describing: known.action)) gave \(found ?? "success"), not \(expected ?? "success")")
        }
    }

    // MARK: What must be true

    /// After a recovery: everything that was told is there, and the same.
    func checkRecovered(_ recovered: Recovered, _ log: BlockLog) throws {
        guard recovered.committed.height >= told.count else {
            throw SimulationFailure("\(told.count) blocks were told, \(recovered.committed.height) came back")
        }
        for (index, bytes) in told.enumerated() {
            guard try log.read(height: UInt64(index + 1)) == bytes else {
                throw SimulationFailure("block \(index + 1) came back other than it was told")
            }
        }
    }

    /// Blocks that were committed before the crash but not told: clients may ask for them from now on.
    mutating func tellRecovered(_ log: BlockLog, upTo height: UInt64) throws {
        while told.count < height {
            guard let bytes = try log.read(height: UInt64(told.count + 1)) else {
                throw SimulationFailure("block \(told.count + 1) is not in the log")
            }
            try tell([try CommittedBlock(record: bytes, suite: chain.suite)])
        }
    }

    /// At rest: the state is what a naive execution of the told blocks gives.
    func checkState(_ executor: Executor) throws {
        for symbol in chain.symbols {
            guard let supply = assets.supplies[symbol] else { continue }
            let kind = try AssetKind(canonicalBytes: answer(executor, "kind", symbol, nil))
            guard kind.supply == supply, assets.sumOfBalances(symbol) == supply else {
                throw SimulationFailure("the supply of \(symbol) is \(kind.supply), not \(supply)")
            }
            for address in chain.addresses {
                let holding = try Holding(canonicalBytes: answer(executor, "balance", symbol, address))
                let isFrozen = assets.frozen.contains(NaiveAssets.Account(symbol, address))
                guard holding == Holding(balance: assets.balance(symbol, address), isFrozen: isFrozen) else {
                    throw SimulationFailure("\(address) holds \(holding) of \(symbol)")
                }
            }
        }
    }

    private func answer(
        _ executor: Executor, _ method: String, _ symbol: String, _ address: Address?
    ) throws -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode(symbol)
        if let address { encoder.encode(address) }
        let answer = try executor.call(
            Assets.address, method, encoder.bytes, as: chain.addresses[0], gasLimit: 1_000_000)
        guard case .success(let bytes) = answer.outcome else {
            throw SimulationFailure("\(method) of \(symbol) failed: \(answer.outcome)")
        }
        return bytes
    }
}
