/// What was asked of a disk.
package enum DiskOperation: String, Sendable {
    case open, read, write, truncate, sync, list, remove, rename, lock
    case measure = "find the size of"
    case makeFolder = "make the folder"
    case syncFolder = "sync the folder"
}

/// Why something could not be stored or read back: the cause, the place and, where there is one, the remedy.
package enum StorageError: Error, Hashable, Sendable {
    /// The disk is full (ENOSPC, EDQUOT).
    case noSpace(DiskOperation, path: String)
    /// The operating system refused; `code` is errno and `text` what it means.
    case system(DiskOperation, path: String, code: Int32, text: String)
    case notFound(path: String)
    case alreadyExists(path: String)
    /// Another process holds the folder's lock.
    case folderInUse(path: String)
    /// The file is not what was written: `offset` in bytes; `height` of the block or sequence of the record.
    case damaged(path: String, offset: Int, height: UInt64?, what: String)
    /// A run of the index is not what was written.
    case indexDamaged(path: String, offset: Int, what: String)
    /// A block log ends before a height that must be there.
    case heightsMissing(path: String, endsBefore: UInt64, required: UInt64, cut: TornTail?)
    /// Written by another version of the program, or by another program.
    case unknownFormat(path: String, found: String, supported: String)
    /// Compressed data that does not give as many bytes as it should.
    case notDecompressible(byteCount: Int, plainByteCount: Int)
    case aboveLimit(what: String, byteCount: Int, maximum: Int)
    /// An earlier write or sync failed, so that nobody knows what the disk holds.
    case poisoned(path: String, cause: String)
    /// The file handle is from before the (simulated) crash.
    case staleHandle(path: String)
    /// The key-value engine refused.
    case keyValueStore(operation: String, path: String, text: String)
}

extension StorageError: CustomStringConvertible {
    package var description: String { remedy.map { "\(cause); \($0)" } ?? cause }

    /// What happened and where.
    package var cause: String {
        switch self {
        case .noSpace(let operation, let path): "cannot \(operation.rawValue) \(path): the disk is full"
        case .system(let operation, let path, let code, let text):
            "cannot \(operation.rawValue) \(path): \(text) (errno \(code))"
        case .notFound(let path): "\(path) does not exist"
        case .alreadyExists(let path): "\(path) exists already"
        case .folderInUse(let path): "another process uses the folder \(path)"
        case .damaged(let path, let offset, let height, let what):
            "\(path) is damaged at byte \(offset)\(height.map { ", number \($0)" } ?? ""): \(what)"
        case .indexDamaged(let path, let offset, let what): "\(path) is damaged at byte \(offset): \(what)"
        case .heightsMissing(let path, let end, let required, let cut):
            "\(path) ends before height \(end), but \(required) was stored"
                + (cut.map { " (its last record, at byte \($0.offset), is incomplete)" } ?? "")
        case .unknownFormat(let path, let found, let supported):
            "\(path) has the format \(found); this program knows \(supported)"
        case .aboveLimit(let what, let count, let maximum):
            "\(what) of \(count) bytes is above the limit of \(maximum)"
        case .notDecompressible(let count, let plain): "\(count) compressed bytes do not hold \(plain) bytes"
        case .poisoned(let path, let cause): "\(path) cannot be used after a failed write: \(cause)"
        case .staleHandle(let path): "the handle of \(path) is from before a crash"
        case .keyValueStore(let operation, let path, let text): "cannot \(operation) the store \(path): \(text)"
        }
    }

    /// What the operator can do about it.
    package var remedy: String? {
        switch self {
        case .noSpace: "free space or move the data folder to a larger disk, then start again"
        case .folderInUse: "stop the other node or name another data folder"
        case .damaged, .heightsMissing: "restore from a peer or a backup"
        case .indexDamaged: "the next start makes it again from the blocks"
        case .unknownFormat: "use the program's version that wrote it, or another data folder"
        case .poisoned: "the node must stop; check the disk, then start again"
        default: nil
        }
    }
}
