/// What a transaction asks of the host, as any bytes say.
enum HostStep {
    case read([UInt8])
    /// nil removes.
    case write([UInt8], [UInt8]?)
    case scan(prefix: [UInt8], from: [UInt8]?, limit: Int)
    case emit(String, topicCount: Int, data: [UInt8])
    /// Calls the contract itself with these bytes, and goes on if that fails.
    case attempt([UInt8])
    /// Calls the contract itself with these bytes.
    case call([UInt8])
    case fail
    case give([UInt8])

    /// The steps of a program. Every bytes are one.
    static func program(_ bytes: [UInt8]) -> [HostStep] {
        var input = FuzzInput(bytes)
        var steps: [HostStep] = []
        while !input.isEmpty { steps.append(step(&input)) }
        return steps
    }

    private static func step(_ input: inout FuzzInput) -> HostStep {
        switch input.byte() % 12 {
        case 0, 1: .read(key(input.byte()))
        case 2, 3: .write(key(input.byte()), value(&input))
        case 4: .write(key(input.byte()), nil)
        case 5: scan(&input)
        case 6: emit(&input)
        case 7, 8: .attempt(input.bytes(Int(input.byte())))
        case 9: .call(input.bytes(Int(input.byte())))
        case 10: input.byte() & 3 == 0 ? .fail : .give([1])
        default: .give([input.byte()])
        }
    }

    /// Few keys, of which many are others' prefixes; rarely one that is too long.
    private static func key(_ byte: UInt8) -> [UInt8] {
        if byte == 0xFF { return [UInt8](repeating: 1, count: 257) }
        let letters: [UInt8] = [0, 1, 0xFF, 1]
        return (0..<Int(byte & 3)).map { letters[Int(byte >> UInt8(2 + 2 * $0)) & 3] }
    }

    private static func value(_ input: inout FuzzInput) -> [UInt8] {
        let shape = input.byte()
        return [UInt8](repeating: shape >> 4, count: Int(shape & 15))
    }

    private static func scan(_ input: inout FuzzInput) -> HostStep {
        let (prefix, from, limit) = (input.byte(), input.byte(), input.byte())
        return .scan(
            prefix: key(prefix), from: from & 0x80 == 0 ? nil : key(from & 0x7F), limit: limit == 0xFF ? -1 : Int(limit)
        )
    }

    private static func emit(_ input: inout FuzzInput) -> HostStep {
        let (shape, data) = (input.byte(), input.byte())
        return .emit(
            String(repeating: "n", count: Int(shape >> 3) * 3), topicCount: Int(shape & 7), data: [data])
    }
}
