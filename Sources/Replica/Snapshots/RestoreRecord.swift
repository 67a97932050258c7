internal import Ledger
internal import Primitives
internal import Storage

/// What the store holds as long as a state is being restored in it.
struct RestoreRecord: Hashable, Sendable, CanonicalCodable {
    static let formatVersion: UInt8 = 1

    let height: UInt64
    let stateRoot: Digest
    /// Whether what the store held before is still being removed.
    let isClearing: Bool

    init(_ statement: ResultStatement, isClearing: Bool) {
        height = statement.height
        stateRoot = statement.stateRoot
        self.isClearing = isClearing
    }

    func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(Self.formatVersion)
        encoder.encode(height)
        encoder.encode(stateRoot)
        encoder.encode(isClearing)
    }

    init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let version: UInt8 = try decoder.decode()
        guard version == Self.formatVersion else {
            throw CodingError(.invalid("restore record version \(version) is not known"), at: start)
        }
        height = try decoder.decode()
        stateRoot = try decoder.decode()
        isClearing = try decoder.decodeBool()
    }

    func change(of group: GroupIdentifier) -> KeyValueChange {
        KeyValueChange(ReservedKeys.restoring(group), canonicalBytes)
    }
}
