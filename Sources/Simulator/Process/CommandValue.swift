/// The values that a simulated network decides: numbered commands of clients, and a mark that makes values differ.
enum CommandValue {
    static let commandsMax = 16

    static func encode(_ commands: [UInt64], mark: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 * (commands.count + 1))
        for word in [mark] + commands {
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * shift))) }
        }
        return bytes
    }

    /// The commands; nil if the bytes are no value.
    static func commands(in value: [UInt8]) -> [UInt64]? {
        guard value.count >= 8, value.count % 8 == 0, value.count / 8 - 1 <= commandsMax else { return nil }
        return stride(from: 8, to: value.count, by: 8).map { start in
            (0..<8).reduce(0) { word, index in word | UInt64(value[start + index]) << UInt64(8 * index) }
        }
    }
}
