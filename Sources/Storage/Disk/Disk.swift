/// How a file is opened.
package enum OpenMode: Sendable {
    /// It must exist.
    case existing
    /// It must not exist.
    case new
    /// It is made if it does not exist.
    case either
}

/// The capability to keep files: a folder tree below one root.
///
/// Paths are relative, with `/` between names; the root is the empty path. What is written, made, renamed or removed
/// is seen at once by every reader but survives a crash only after a sync: contents after `DiskFile.sync`, names
/// after `sync(folder:)`. Until then any part of it may be lost; an unsynced write may survive as a prefix of its
/// bytes, with or without zeros in place of the rest. Every call blocks, and may be made from any thread.
package protocol Disk: AnyObject, Sendable {
    func open(_ path: String, _ mode: OpenMode) throws(StorageError) -> any DiskFile
    /// The names of files and folders in `folder`, ascending by their bytes.
    func list(_ folder: String) throws(StorageError) -> [String]
    /// Removes a file. Handles that are open on it keep its contents.
    func remove(_ path: String) throws(StorageError)
    /// Gives a file another name in the same folder, replacing the file that had it.
    func rename(_ path: String, to newPath: String) throws(StorageError)
    /// Makes a folder, durably, unless it exists. Its parent must exist.
    func makeFolder(_ path: String) throws(StorageError)
    /// Makes the names in `folder` durable.
    func sync(folder: String) throws(StorageError)
    /// How much may still be written.
    func freeSpace() throws(StorageError) -> FreeSpace
}

/// An open file. It closes when the last reference goes.
package protocol DiskFile: AnyObject, Sendable {
    var path: String { get }
    /// In bytes.
    func size() throws(StorageError) -> Int
    /// At most `count` bytes from `offset` on: fewer only where the file ends.
    func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8]
    /// Writes all of `bytes`, extending the file (with zeros, should there be a gap) where needed.
    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError)
    func truncate(to size: Int) throws(StorageError)
    /// Has room set aside for the bytes of `range`, some of which the file may have, without changing its size: writes
    /// there do not fail for want of room, and neither does the sync after them. Without effect where the file system
    /// can't. `truncate` gives back what lies behind the new end.
    func reserve(_ range: Range<Int>) throws(StorageError)
    /// Makes the contents durable (fdatasync).
    func sync() throws(StorageError)
}

/// The two halves of a path: the folder, and the name in it.
struct DiskPath: Hashable {
    let folder: String
    let name: String

    init(_ path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        precondition(
            parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }, "not a relative path: \(path)")
        folder = parts.dropLast().joined(separator: "/")
        name = parts.last.map(String.init) ?? ""
    }

    static func join(_ folder: String, _ name: String) -> String { folder.isEmpty ? name : "\(folder)/\(name)" }
}

extension Disk {
    /// Replaces the whole contents of a small file so that after a crash either the old or the new ones are there.
    package func replace(_ path: String, with bytes: [UInt8]) throws(StorageError) {
        let temporary = path + ".new"
        let file = try open(temporary, .either)
        try file.truncate(to: 0)
        try file.write(bytes, at: 0)
        try file.sync()
        try rename(temporary, to: path)
        try sync(folder: DiskPath(path).folder)
    }
}
