/// A disk above another that takes no notice of some syncs.
///
/// Above an `UnsyncedDisk`, what is written below a dropped path never reaches the disk at all: dropping everything
/// makes a folder that opens as ever but is left as it was, and dropping the journal's syncs is the bug that the crash
/// test must find.
package final class SyncDroppingDisk: Disk {
    private let base: any Disk
    private let drops: @Sendable (String) -> Bool

    /// - Parameter drops: whether the syncs of a path, a file's or a folder's, are dropped.
    package init(base: any Disk, drops: @escaping @Sendable (String) -> Bool) {
        self.base = base
        self.drops = drops
    }

    /// A folder that is only looked at: what opening would mend stays in memory.
    package static func readOnly(_ base: any Disk) -> SyncDroppingDisk {
        SyncDroppingDisk(base: UnsyncedDisk(base: base)) { _ in true }
    }

    package func open(_ path: String, _ mode: OpenMode) throws(StorageError) -> any DiskFile {
        let file = try base.open(path, mode)
        return drops(path) ? SyncDroppingFile(base: file) : file
    }

    package func list(_ folder: String) throws(StorageError) -> [String] { try base.list(folder) }
    package func remove(_ path: String) throws(StorageError) { try base.remove(path) }
    package func rename(_ path: String, to newPath: String) throws(StorageError) {
        try base.rename(path, to: newPath)
    }
    package func makeFolder(_ path: String) throws(StorageError) { try base.makeFolder(path) }
    package func sync(folder: String) throws(StorageError) {
        if !drops(folder) { try base.sync(folder: folder) }
    }
    package func freeSpace() throws(StorageError) -> FreeSpace { try base.freeSpace() }
}

private final class SyncDroppingFile: DiskFile {
    private let base: any DiskFile

    init(base: any DiskFile) { self.base = base }

    var path: String { base.path }
    func size() throws(StorageError) -> Int { try base.size() }
    func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8] { try base.read(at: offset, count: count) }
    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) { try base.write(bytes, at: offset) }
    func truncate(to size: Int) throws(StorageError) { try base.truncate(to: size) }
    func reserve(_ range: Range<Int>) throws(StorageError) {}
    func sync() throws(StorageError) {}
}
