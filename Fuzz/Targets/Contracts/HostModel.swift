internal import Contracts
internal import Ledger
internal import Primitives

/// The host as one would write it on a napkin: a dictionary that is copied before each call. It knows no gas.
struct HostModel {
    /// Ends the call with this code.
    struct Failed: Error { let code: String }

    private(set) var values: [[UInt8]: [UInt8]] = [:]
    private(set) var events: [(name: String, topicCount: Int, data: [UInt8])] = []
    private var depth = 0

    /// One transaction: what the contract returns, or the failure's code.
    mutating func transact(_ program: [UInt8]) -> Result<[UInt8], Failed> {
        events = []
        do throws(Failed) { return .success(try call(program)) } catch { return .failure(error) }
    }

    private mutating func call(_ program: [UInt8]) throws(Failed) -> [UInt8] {
        guard depth < ContractLimits.callDepthMax else { throw Failed(code: "callDepth") }
        let before = (values, events)
        depth += 1
        defer { depth -= 1 }
        do throws(Failed) {
            var result: [UInt8] = []
            for step in HostStep.program(program) { result += try perform(step) }
            guard result.count <= LedgerLimits.payloadByteCountMax else { throw Failed(code: "resultTooLong") }
            return result
        } catch {
            (values, events) = before
            throw error
        }
    }

    private mutating func perform(_ step: HostStep) throws(Failed) -> [UInt8] {
        switch step {
        case .read(let key): return values[try checked(key)] ?? []
        case .write(let key, let value): values[try checked(key)] = value
        case .scan(let prefix, let from, let limit): return try scan(prefix, from ?? [], limit)
        case .emit(let name, let topicCount, let data):
            guard events.count < LedgerLimits.eventsMax, topicCount <= LedgerLimits.topicsMax,
                name.utf8.count <= LedgerLimits.eventNameByteCountMax
            else { throw Failed(code: "eventTooLarge") }
            events.append((name, topicCount, data))
        case .attempt(let program):
            do throws(Failed) { return [0] + (try call(program)) } catch { return [1] }
        case .call(let program): return try call(program)
        case .fail: throw Failed(code: "asked")
        case .give(let bytes): return bytes
        }
        return []
    }

    private func scan(_ prefix: [UInt8], _ from: [UInt8], _ limit: Int) throws(Failed) -> [UInt8] {
        let (prefix, from) = (try checked(prefix), try checked(from))
        let found = values.filter { $0.key.starts(with: prefix) && !$0.key.lexicographicallyPrecedes(from) }
        let sorted = found.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        return sorted.prefix(max(0, limit)).flatMap { HostModel.pair($0.key, $0.value) }
    }

    private func checked(_ key: [UInt8]) throws(Failed) -> [UInt8] {
        guard key.count <= LedgerLimits.stateKeyByteCountMax else { throw Failed(code: "keyTooLong") }
        return key
    }

    static func pair(_ key: [UInt8], _ value: [UInt8]) -> [UInt8] {
        [UInt8(key.count)] + key + [UInt8(value.count)] + value
    }
}
