internal import Ledger
internal import Primitives
internal import Storage

/// That a group's state was restored, and that the journal may not know of it: the file `joined/<group>`.
struct JoinMark: Hashable, Sendable, CanonicalCodable {
    static let formatVersion: UInt8 = 1

    let height: UInt64

    init(height: UInt64) { self.height = height }

    /// As of those who follow, who log no decisions.
    var record: ReplicaRecord { .logged(decision: 0, height: height) }

    func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(Self.formatVersion)
        encoder.encode(height)
    }

    init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let version: UInt8 = try decoder.decode()
        guard version == Self.formatVersion else {
            throw CodingError(.invalid("mark version \(version) is not known"), at: start)
        }
        height = try decoder.decode()
    }

    // MARK: On disk

    static let folder = "joined"

    static func path(_ group: GroupIdentifier) -> String { "\(folder)/\(group)" }

    func write(_ group: GroupIdentifier, on disk: any Disk) throws(StorageError) {
        try disk.makeFolder(Self.folder)
        try disk.replace(Self.path(group), with: canonicalBytes)
    }

    static func read(_ group: GroupIdentifier, on disk: any Disk) throws(StorageError) -> JoinMark? {
        let file: any DiskFile
        do throws(StorageError) { file = try disk.open(path(group), .existing) } catch .notFound { return nil }
        let bytes = try file.read(at: 0, count: try file.size())
        do throws(CodingError) { return try JoinMark(canonicalBytes: bytes) } catch {
            throw .damaged(path: path(group), offset: error.offset, height: nil, what: "\(error)")
        }
    }

    static func remove(_ group: GroupIdentifier, on disk: any Disk) throws(StorageError) {
        do throws(StorageError) { try disk.remove(path(group)) } catch .notFound { return }
        try disk.sync(folder: folder)
    }
}
