import Contracts
import Ledger
import Primitives

/// A contract for tests: its argument is a program of single steps, which it carries out on the host.
///
/// Its result is what the steps gave: for a read the value, for a scan the keys and values, for a call a byte that
/// says whether it failed, then the result.
enum Prober: NativeContract {
    static let address = Address.system(0x900)

    enum Step {
        case read([UInt8])
        case write([UInt8], [UInt8]?)
        case scan(prefix: [UInt8], from: [UInt8]?, limit: Int)
        case emit(String, topics: Int, data: [UInt8])
        /// Calls the contract itself; a failure is swallowed.
        case attempt([Step])
        /// Calls the contract itself; a failure is passed on.
        case call([Step])
        /// Calls the contract itself; a failure of any kind is passed on as one of its own.
        case disguise([Step])
        case callOther(Address, String, [UInt8])
        case fail(String)
        case give([UInt8])
        /// Gives caller, contract, sender, height.
        case who
        case recurse
    }

    static func execute(
        _ method: String, _ arguments: inout CanonicalDecoder, in host: inout Host
    ) throws(ContractError) -> [UInt8] {
        var result: [UInt8] = []
        let steps: [Step] = try arguments.arguments { decoder throws(CodingError) in try decode(&decoder) }
        for step in steps { result += try perform(step, &host) }
        return result
    }

    private static func perform(_ step: Step, _ host: inout Host) throws(ContractError) -> [UInt8] {
        switch step {
        case .read(let key): return try host.read(key) ?? []
        case .write(let key, let value): try host.write(value, at: key)
        case .scan(let prefix, let start, let limit):
            return try host.scan(prefix: prefix, from: start, limit: limit).flatMap { pair($0.key, $0.value) }
        case .emit(let name, let topics, let data):
            try host.emit(name, topics: Array(repeating: .zero, count: topics), data: data)
        case .attempt(let steps):
            do throws(ContractError) {
                return [0] + (try host.call(address, "run", encode(steps)))
            } catch { return [1] }
        case .call(let steps): return try host.call(address, "run", encode(steps))
        case .disguise(let steps):
            do throws(ContractError) {
                return try host.call(address, "run", encode(steps))
            } catch { throw .failed("disguise", "nothing happened") }
        case .callOther(let contract, let method, let arguments):
            return try host.call(contract, method, arguments)
        case .fail(let code): throw .failed(code, "on purpose")
        case .give(let bytes): return bytes
        case .who:
            return host.caller.bytes + host.contract.bytes + host.sender.bytes + host.block.height.canonicalBytes
        case .recurse: return try host.call(address, "run", encode([.recurse]))
        }
        return []
    }

    static func pair(_ key: [UInt8], _ value: [UInt8]) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode(bytes: key)
        encoder.encode(bytes: value)
        return encoder.bytes
    }
}

// MARK: - Programs as bytes

extension Prober {
    static func encode(_ steps: [Step]) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode(length: steps.count)
        for step in steps { encode(step, &encoder) }
        return encoder.bytes
    }

    private static func encode(_ step: Step, _ encoder: inout CanonicalEncoder) {
        func put(_ kind: UInt8, _ parts: [UInt8]...) {
            encoder.encode(kind)
            for part in parts { encoder.encode(bytes: part) }
        }
        switch step {
        case .read(let key): put(0, key)
        case .write(let key, let value): put(1, key, value.map { [1] + $0 } ?? [])
        case .scan(let prefix, let start, let limit):
            put(2, prefix, start.map { [1] + $0 } ?? [], UInt64(bitPattern: Int64(limit)).canonicalBytes)
        case .emit(let name, let topics, let data): put(3, Array(name.utf8), [UInt8(topics)], data)
        case .attempt(let steps): put(4, encode(steps))
        case .call(let steps): put(5, encode(steps))
        case .disguise(let steps): put(6, encode(steps))
        case .callOther(let contract, let method, let arguments):
            put(7, contract.bytes, Array(method.utf8), arguments)
        case .fail(let code): put(8, Array(code.utf8))
        case .give(let bytes): put(9, bytes)
        case .who: put(10)
        case .recurse: put(11)
        }
    }

    private static func decode(_ decoder: inout CanonicalDecoder) throws(CodingError) -> [Step] {
        var steps: [Step] = []
        for _ in 0..<(try decoder.decodeLength(maximum: 100_000)) { steps.append(try decodeStep(&decoder)) }
        return steps
    }

    private static func decodeStep(_ decoder: inout CanonicalDecoder) throws(CodingError) -> Step {
        func part() throws(CodingError) -> [UInt8] { try decoder.decodeBytes(maximum: 4 << 20) }
        func text() throws(CodingError) -> String { String(decoding: try part(), as: UTF8.self) }
        func option() throws(CodingError) -> [UInt8]? {
            let bytes = try part()
            return bytes.isEmpty ? nil : Array(bytes.dropFirst())
        }
        func inner() throws(CodingError) -> [Step] {
            var inner = CanonicalDecoder(try part())
            return try decode(&inner)
        }
        switch try decoder.decode(UInt8.self) {
        case 0: return .read(try part())
        case 1: return .write(try part(), try option())
        case 2:
            let (prefix, start) = (try part(), try option())
            return .scan(
                prefix: prefix, from: start,
                limit: Int(Int64(bitPattern: try UInt64(canonicalBytes: try part()))))
        case 3: return .emit(try text(), topics: Int(try part().first ?? 0), data: try part())
        case 4: return .attempt(try inner())
        case 5: return .call(try inner())
        case 6: return .disguise(try inner())
        case 7:
            let address = Address(try part()) ?? .zero
            return .callOther(address, try text(), try part())
        case 8: return .fail(try text())
        case 9: return .give(try part())
        case 10: return .who
        default: return .recurse
        }
    }
}
