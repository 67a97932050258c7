internal import Contracts
internal import Primitives

/// Carries out on the real host what its argument says.
enum HostContract: NativeContract {
    static let address = Address.system(0x901)

    static func execute(
        _ method: String, _ arguments: inout CanonicalDecoder, in host: inout Host
    ) throws(ContractError) -> [UInt8] {
        let program = try arguments.arguments { decoder throws(CodingError) in
            try decoder.decodeBytes(maximum: 1 << 16)
        }
        var result: [UInt8] = []
        for step in HostStep.program(program) { result += try perform(step, &host) }
        return result
    }

    static func arguments(_ program: [UInt8]) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode(bytes: program)
        return encoder.bytes
    }

    private static func perform(_ step: HostStep, _ host: inout Host) throws(ContractError) -> [UInt8] {
        switch step {
        case .read(let key): return try host.read(key) ?? []
        case .write(let key, let value): try host.write(value, at: key)
        case .scan(let prefix, let from, let limit):
            return try host.scan(prefix: prefix, from: from, limit: limit).flatMap { HostModel.pair($0.key, $0.value) }
        case .emit(let name, let topicCount, let data):
            try host.emit(name, topics: Array(repeating: .zero, count: topicCount), data: data)
        case .attempt(let program):
            do throws(ContractError) {
                return [0] + (try host.call(address, "run", arguments(program)))
            } catch { return [1] }
        case .call(let program): return try host.call(address, "run", arguments(program))
        case .fail: throw .failed("asked", "as the program asks")
        case .give(let bytes): return bytes
        }
        return []
    }
}
