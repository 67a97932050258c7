package import Cryptography
package import Ledger
package import Primitives

/// What a contract may know of the block that it is executed in.
package struct BlockContext: Hashable, Sendable {
    package let group: GroupIdentifier
    package let height: UInt64
    package let time: Timestamp
    /// Nil where no contract asks for it.
    package let epoch: EpochTerms?
    /// The members that the genesis names; nil on a chain without.
    package let founders: FoundingMembers?

    package init(
        group: GroupIdentifier, height: UInt64, time: Timestamp, epoch: EpochTerms? = nil,
        founders: FoundingMembers? = nil
    ) {
        self.group = group
        self.height = height
        self.time = time
        self.epoch = epoch
        self.founders = founders
    }
}

/// Who orders and certifies a block, and what may come after them.
package struct EpochTerms: Hashable, Sendable {
    package let epoch: EpochConfiguration
    /// The accounts of its certifiers.
    package let voters: EpochVoters
    /// The block's decision.
    package let decision: UInt64
    /// The fault models that the chain may ever enter.
    package let faultModels: [FaultModel]

    package init(epoch: EpochConfiguration, voters: EpochVoters, decision: UInt64, faultModels: [FaultModel]) {
        self.epoch = epoch
        self.voters = voters
        self.decision = decision
        self.faultModels = faultModels
    }
}

/// All that a contract sees of the world: its own storage, events, calls, the time of the block, and who called.
///
/// Everything costs gas. What a method wrote and emitted is undone when it fails.
package struct Host {
    package let block: BlockContext
    package let suite: Suite
    /// The transaction that is executed; nil for a question.
    private var transaction: SignedTransaction?
    /// The account that sent the transaction.
    package private(set) var sender: Address
    /// The contract that is executed now.
    package private(set) var contract: Address { didSet { contractKey = contract.storeKey } }
    /// What the keys of its storage begin with.
    private var contractKey: StoreKey
    /// Who called it: the sender's account or another contract.
    package private(set) var caller: Address
    private(set) var events = EventLog()
    /// Where the data of events are coded; keeps its memory.
    private var eventData = CanonicalEncoder()
    package private(set) var gas: GasMeter
    /// How many bytes the block's transactions have put into their receipts, this one included.
    private var outputByteCount = 0
    private let schedule: GasSchedule
    private let contracts: NativeEngine
    private var isReadOnly = false
    private var depth = 0
    private(set) var state: JournalledState
    /// What ended the transaction, whatever contracts made of the error when it was thrown through them.
    private var fatal: ContractError?

    init(on state: consuming JournalledState, block: BlockContext, suite: Suite, rules: ExecutionRules) {
        self.state = state
        self.block = block
        self.suite = suite
        schedule = rules.gas
        contracts = rules.contracts
        (sender, contract, caller) = (.zero, .zero, .zero)
        contractKey = contract.storeKey
        gas = GasMeter(limit: 0)
    }

    /// The accounts that signed the transaction.
    package var signers: [Address] { transaction?.signers ?? [] }

    /// Starts the next transaction of the block. What came before is final.
    mutating func begin(_ transaction: SignedTransaction) {
        begin(sender: transaction.sender, gasLimit: transaction.gasLimit)
        self.transaction = transaction
    }

    /// Starts a question to a contract.
    mutating func beginQuestion(sender: Address, gasLimit: UInt64) {
        begin(sender: sender, gasLimit: gasLimit)
        transaction = nil
        isReadOnly = true
    }

    private mutating func begin(sender: Address, gasLimit: UInt64) {
        events.removeAll()
        fatal = nil
        (self.sender, contract, caller) = (sender, sender, sender)
        gas = GasMeter(limit: gasLimit)
    }

    /// Ends a transaction: what it wrote is final, and goes into the block's writes.
    mutating func end(into writes: inout BlockWrites) { state.seal(into: &writes) }

    /// What the block's transactions changed, in the order in which they first touched it.
    func changes() -> [StateWrite] { state.changes() }
}

/// What stands under a key of a contract's storage, and where: for the call that has read it.
package struct StorageSlot {
    package let value: StoreValue?
    fileprivate let keyByteCount: Int
    fileprivate let position: Int
}

// MARK: - Storage

extension Host {
    /// The value under a key of the contract's own storage.
    package mutating func read(_ key: [UInt8]) throws(ContractError) -> [UInt8]? { try read(try storeKey(key)) }

    /// The value under a key of the contract's own storage, given in place of an array.
    package mutating func read(_ key: StoreKey) throws(ContractError) -> [UInt8]? { try readSlot(key).value?.bytes }

    /// The same, with the value in place of an array too, and where it was found, to write there.
    package mutating func readSlot(_ key: StoreKey) throws(ContractError) -> StorageSlot {
        try charge(schedule.read)
        let position = try position(of: key)
        let value = state.value(at: position)
        try charge(0, perUnit: schedule.readByte, count: value?.count ?? 0)
        return StorageSlot(value: value, keyByteCount: key.count, position: position)
    }

    private mutating func position(of key: StoreKey) throws(ContractError) -> Int {
        let key = try stateKey(key)
        do throws(StateUnavailable) { return try state.position(of: key) } catch { throw end(.stateUnavailable(error)) }
    }

    /// Sets the value under a key of the contract's own storage; nil removes it.
    package mutating func write(_ value: [UInt8]?, at key: [UInt8]) throws(ContractError) {
        try write(value, at: try storeKey(key))
    }

    /// Sets the value under a key of the contract's own storage, given in place of an array.
    package mutating func write(_ value: [UInt8]?, at key: StoreKey) throws(ContractError) {
        try chargeWrite(keyByteCount: key.count, valueByteCount: value?.count ?? 0)
        state.set(value.map { StoreValue($0) }, at: try position(of: key))
    }

    /// The same, at a key that the contract has read in the same call.
    package mutating func write(_ value: StoreValue?, at slot: StorageSlot) throws(ContractError) {
        try chargeWrite(keyByteCount: slot.keyByteCount, valueByteCount: value?.count ?? 0)
        state.set(value, at: slot.position)
    }

    private mutating func chargeWrite(keyByteCount: Int, valueByteCount: Int) throws(ContractError) {
        guard !isReadOnly else { throw .failed("readOnly", "a call that only asks may not write") }
        try charge(schedule.write, perUnit: schedule.writeByte, count: keyByteCount + valueByteCount)
        guard valueByteCount <= LedgerLimits.stateValueByteCountMax else {
            throw .failed("valueTooLong", "a value may have \(LedgerLimits.stateValueByteCountMax) bytes")
        }
    }

    /// The contract's keys with a prefix, ascending, from `start` on, with their values; at most `limit` of them.
    package mutating func scan(
        prefix: [UInt8], from start: [UInt8]? = nil, limit: Int
    ) throws(ContractError) -> [(key: [UInt8], value: [UInt8])] {
        let limit = max(0, min(limit, ContractLimits.scanItemsMax))
        try charge(schedule.scan, perUnit: schedule.scanItem, count: limit)
        let prefix = try stateKey(try storeKey(prefix))
        let start = try stateKey(try storeKey(start ?? []))
        let items: [(key: StateKey, value: [UInt8])]
        do throws(StateUnavailable) {
            items = try state.scan(prefix: prefix, from: start, limit: limit)
        } catch { throw end(.stateUnavailable(error)) }
        try charge(0, perUnit: schedule.readByte, count: items.reduce(0) { $0 + $1.value.count })
        return items.map { ($0.key.key, $0.value) }
    }

    private func storeKey(_ key: [UInt8]) throws(ContractError) -> StoreKey {
        try checkLength(ofKey: key.count)
        return StoreKey(key)
    }

    private func stateKey(_ key: StoreKey) throws(ContractError) -> StateKey {
        try checkLength(ofKey: key.count)
        var stateKey = contractKey
        stateKey.append(key)
        return StateKey(stateKey)
    }

    private func checkLength(ofKey byteCount: Int) throws(ContractError) {
        guard byteCount <= LedgerLimits.stateKeyByteCountMax else {
            throw .failed("keyTooLong", "a key may have \(LedgerLimits.stateKeyByteCountMax) bytes")
        }
    }
}

// MARK: - Events and calls

extension Host {
    /// Takes an event of the contract that is executed now. Its topics are what it may be found by.
    package mutating func emit(_ name: String, topics: [Digest] = [], data: [UInt8]) throws(ContractError) {
        try emit(name, topics.span, data)
    }

    /// The same, with data coded where no array is made for each event.
    package mutating func emit(
        _ name: String, topics: Span<Digest>, encodeData: (inout CanonicalEncoder) -> Void
    ) throws(ContractError) {
        var encoder = CanonicalEncoder()
        swap(&encoder, &eventData)
        defer { swap(&encoder, &eventData) }
        encoder.bytes.removeAll(keepingCapacity: true)
        encodeData(&encoder)
        try emit(name, topics, encoder.bytes)
    }

    private mutating func emit(_ name: String, _ topics: Span<Digest>, _ data: [UInt8]) throws(ContractError) {
        guard !isReadOnly else { throw .failed("readOnly", "a call that only asks may not emit events") }
        let nameByteCount = name.utf8.count
        let byteCount = data.count + Digest.byteCount * topics.count + nameByteCount
        try charge(schedule.event, perUnit: schedule.eventByte, count: byteCount)
        guard events.count < LedgerLimits.eventsMax, topics.count <= LedgerLimits.topicsMax,
            nameByteCount <= LedgerLimits.eventNameByteCountMax, data.count <= LedgerLimits.payloadByteCountMax
        else { throw .failed("eventTooLarge", "a transaction's events are beyond their limits") }
        try output(byteCount + ContractLimits.eventFrameByteCountMax)
        events.append(contract: contract, name: name, topics: topics, data: data)
    }

    /// Calls a method of another contract, or of this one. If it fails, what it did is undone, and the failure is
    /// thrown to the caller, who may go on.
    package mutating func call(
        _ callee: Address, _ method: String, _ arguments: [UInt8]
    ) throws(ContractError) -> [UInt8] {
        try charge(schedule.call, perUnit: schedule.transactionByte, count: arguments.count)
        guard depth < ContractLimits.callDepthMax else {
            throw .failed("callDepth", "contracts call each other more than \(ContractLimits.callDepthMax) deep")
        }
        let frame = (contract, caller, depth)
        let before = (state: state.checkpoint, events: events.mark, outputByteCount: outputByteCount)
        (contract, caller, depth) = (callee, contract, depth + 1)
        defer { (contract, caller, depth) = frame }
        do throws(ContractError) {
            let value = try contracts.execute(method, arguments, in: &self)
            if let fatal { throw fatal }
            try charge(0, perUnit: schedule.resultByte, count: value.count)
            guard value.count <= LedgerLimits.payloadByteCountMax else {
                throw .failed("resultTooLong", "a method may return \(LedgerLimits.payloadByteCountMax) bytes")
            }
            // Only what the transaction itself calls returns into its receipt.
            if depth == 1 { try output(value.count) }
            return value
        } catch {
            state.rollBack(to: before.state)
            events.rollBack(to: before.events)
            outputByteCount = before.outputByteCount
            // What ended the transaction can't be passed off as a failure of the contract's own.
            throw fatal ?? error
        }
    }

    /// Counts bytes of the block's receipts, which must fit a record of the log whatever gas would buy.
    private mutating func output(_ byteCount: Int) throws(ContractError) {
        guard byteCount <= ContractLimits.blockOutputByteCountMax - outputByteCount else {
            throw .failed("outputTooLong", "the block's events and results have no room for \(byteCount) more bytes")
        }
        outputByteCount += byteCount
    }

    /// Charges what lies outside of any method.
    mutating func chargeIntrinsic(byteCount: Int, signatures: Int) throws(ContractError) {
        try charge(schedule.intrinsic(byteCount: byteCount, signatures: signatures))
    }

    /// Charges for public keys that are checked, each as for a signature.
    mutating func chargeKeys(_ count: Int) throws(ContractError) {
        try charge(0, perUnit: schedule.signature, count: count)
    }

    /// Charges for things that are gone through without being read from the storage, each as a read.
    mutating func chargeReads(_ count: Int) throws(ContractError) {
        try charge(0, perUnit: schedule.read, count: count)
    }

    private mutating func charge(
        _ amount: UInt64, perUnit unit: UInt64 = 0, count: Int = 0
    ) throws(ContractError) {
        guard gas.charge(amount, perUnit: unit, count: count) else { throw end(.outOfGas) }
    }

    /// Marks the transaction as ended by `error`.
    private mutating func end(_ error: ContractError) -> ContractError {
        fatal = fatal ?? error
        return error
    }
}
