package import Ledger
package import Primitives
internal import Storage

/// The hand-overs by which a node has joined: the file `joined/<group>.handovers`. The blocks that its log lacks would
/// prove them; so it can show them to those who are invited to as early an epoch as it was.
package struct KeptHandOvers: Hashable, Sendable, CanonicalCodable {
    package static let formatVersion: UInt8 = 1

    /// Consecutive.
    package let all: [HandOver]

    package init(_ all: [HandOver]) { self.all = all }

    /// The one that ended an epoch.
    subscript(epoch: UInt64) -> HandOver? {
        guard let first = all.first?.certificate.statement.epoch, epoch >= first, epoch - first < UInt64(all.count)
        else { return nil }
        let handOver = all[Int(epoch - first)]
        return handOver.certificate.statement.epoch == epoch ? handOver : nil
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(Self.formatVersion)
        encoder.encode(sequence: all)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let version: UInt8 = try decoder.decode()
        guard version == Self.formatVersion else {
            throw CodingError(.invalid("version \(version) of hand-overs is not known"), at: start)
        }
        all = try decoder.decodeSequence(
            maximum: ReplicaLimits.provenHandOversMax, elementByteCountMin: ReplicaLimits.handOverByteCountMin)
    }

    // MARK: On disk

    /// The version, how many there are, and all of them.
    private static let byteCountMax = 1 + 5 + ReplicaLimits.provenHandOversByteCountMax

    static func path(_ group: GroupIdentifier) -> String { "\(JoinMark.path(group)).handovers" }

    func write(_ group: GroupIdentifier, on disk: any Disk) throws(StorageError) {
        try disk.makeFolder(JoinMark.folder)
        try disk.replace(Self.path(group), with: canonicalBytes)
    }

    /// Whether this node has joined: it writes the file then, even if nothing is to be kept.
    static func isThere(_ group: GroupIdentifier, on disk: any Disk) throws(StorageError) -> Bool {
        do throws(StorageError) { _ = try disk.open(path(group), .existing) } catch .notFound { return false }
        return true
    }

    /// None if there is no such file.
    static func read(_ group: GroupIdentifier, on disk: any Disk) throws(StorageError) -> KeptHandOvers {
        let file: any DiskFile
        do throws(StorageError) { file = try disk.open(path(group), .existing) } catch .notFound {
            return KeptHandOvers([])
        }
        let byteCount = try file.size()
        guard byteCount <= byteCountMax else {
            throw .damaged(path: path(group), offset: 0, height: nil, what: "\(byteCount) bytes are too many")
        }
        let bytes = try file.read(at: 0, count: byteCount)
        do throws(CodingError) { return try KeptHandOvers(canonicalBytes: bytes) } catch {
            throw .damaged(path: path(group), offset: error.offset, height: nil, what: "\(error)")
        }
    }
}
