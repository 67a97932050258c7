import Contracts
import Ledger
import Primitives
import Replica
import Storage

/// What the states after all blocks hold, by the blocks' writes alone, and whether what is kept of them is that.
struct EarlierChecker {
    private let chain: SimulatedChain
    private let blocks: [CommittedBlock]
    /// By height, from the empty one on.
    private var models: [[StateKey: [UInt8]]] = [[:]]

    init(_ chain: SimulatedChain, told: [[UInt8]]) throws {
        self.chain = chain
        blocks = try told.map { try CommittedBlock(record: $0, suite: chain.suite) }
        var model: [StateKey: [UInt8]] = [:]
        for block in blocks {
            for write in block.writes.all { model[write.key] = write.value }
            models.append(model)
        }
    }

    /// Every checkpoint is of a height that may be one, and holds the state of that height and no other. Gives back how
    /// many there are.
    func check(_ checkpoints: MemoryCheckpoints) throws -> Int {
        let heights = try checkpoints.heights()
        for height in heights {
            guard height > 0, height < models.count, isCheckpoint(Int(height)) else {
                throw SimulationFailure("height \(height) is no checkpoint of \(blocks.count) blocks")
            }
            let store = try WriteBackStore(store: checkpoints.open(height), group: chain.genesis.group)
            guard store.appliedHeight == height else {
                throw SimulationFailure("checkpoint \(height) is of height \(store.appliedHeight ?? 0)")
            }
            let state = GroupState(group: chain.genesis.group, store: store)
            try checkAll(of: state, at: height)
            var tree = StateTree(suite: chain.suite, cachedPagesMax: 10)
            guard try tree.root(from: state) == blocks[Int(height) - 1].certified.certificate.statement.stateRoot else {
                throw SimulationFailure("checkpoint \(height) has another root than was certified")
            }
        }
        return heights.count
    }

    /// By the definition, from the blocks: the last of its decision, among whose heights is a multiple.
    private func isCheckpoint(_ height: Int) -> Bool {
        let decision = blocks[height - 1].header.decision
        let heights = blocks.filter { $0.header.decision == decision }.map(\.height)
        return heights.last == UInt64(height)
            && heights.contains { $0.isMultiple(of: UInt64(chain.genesis.limits.checkpointInterval)) }
    }

    private func checkAll(of state: any LedgerState, at height: UInt64) throws {
        let everything = StateKey(StoreKey.empty)
        let found = try state.scan(prefix: everything, from: everything, limit: .max)
        guard found.map(\.0) == models[Int(height)].keys.sorted(),
            found.allSatisfy({ models[Int(height)][$0.0] == $0.1 })
        else { throw SimulationFailure("the state of height \(height) holds something else") }
    }

    /// Every height can be asked, and answers with what was there, by values, scans, proofs and calls.
    func checkAnswers(from checkpoints: Checkpoints, limits: EarlierLimits = EarlierLimits()) throws {
        var states = try self.states(from: checkpoints, limits)
        // Near ones one after another, and far ones that drive those out.
        for height in (0..<models.count).flatMap({ [$0, $0 / 2] }) { try checkAnswers(&states, at: UInt64(height)) }
    }

    func states(from checkpoints: Checkpoints?, _ limits: EarlierLimits = EarlierLimits()) throws -> EarlierStates {
        guard let rules = ExecutionRules(version: 1) else { throw SimulationFailure("version 1 is missing") }
        return EarlierStates(genesis: chain.genesis, rules: rules, checkpoints: checkpoints, limits: limits) {
            height throws(BlockRecordError) in height > 0 && height <= blocks.count ? blocks[Int(height) - 1] : nil
        }
    }

    func checkAnswers(_ states: inout EarlierStates, at height: UInt64) throws {
        let (model, all) = (models[Int(height)], models.reduce(into: Set<StateKey>()) { $0.formUnion($1.keys) })
        var client = LightClient(genesis: chain.genesis, verifier: chain.verifier)
        let statement = height > 0 ? try client.accept(blocks[Int(height) - 1].certified.certificate) : nil
        for key in all.sorted() {
            let (value, proof) = try states.ask(at: height) { executor throws(StateUnavailable) in
                let contract = Address(key)
                return (try executor.state.value(at: key), try executor.prove(contract, key.key))
            }
            guard value == model[key], proof.value?.bytes == model[key] else {
                throw SimulationFailure("the state of height \(height) holds another value at \(key.bytes.hexadecimal)")
            }
            if let statement { try client.check(proof, against: statement) }
        }
        let state = try states.ask(at: height) { executor throws(StateUnavailable) in
            precondition(executor.head.height == height)
            return executor.state
        }
        try checkAll(of: state, at: height)
        try checkCalls(&states, at: height, model)
    }

    /// The contract says of each account what the model holds.
    private func checkCalls(
        _ states: inout EarlierStates, at height: UInt64, _ model: [StateKey: [UInt8]]
    ) throws {
        for symbol in chain.symbols.compactMap(AssetSymbol.init) {
            for address in chain.addresses {
                var arguments = CanonicalEncoder()
                arguments.encode(symbol)
                arguments.encode(address)
                let outcome = try states.ask(at: height) { executor throws(StateUnavailable) in
                    try executor.call(
                        Assets.address, "balance", arguments.bytes, as: address, gasLimit: 1_000_000
                    ).outcome
                }
                let key = StateKey(contract: Assets.address, key: AssetStore.holdingKey(symbol, address))
                // Without the asset there is no answer.
                let kind = model[StateKey(contract: Assets.address, key: AssetStore.kindKey(symbol))]
                let expected = kind.map { _ in model[key] ?? Holding.none.canonicalBytes }
                let found: [UInt8]? = if case .success(let bytes) = outcome { bytes } else { nil }
                guard found == expected else {
                    throw SimulationFailure("\(address) holds something else of \(symbol) at height \(height)")
                }
            }
        }
    }
}

extension Address {
    /// The contract of a key.
    fileprivate init(_ key: StateKey) {
        guard let address = Address(hexadecimal: Array(key.bytes.prefix(Address.byteCount)).hexadecimal) else {
            preconditionFailure("a key begins with an address")
        }
        self = address
    }
}
