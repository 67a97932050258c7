import Storage

/// A bug that is put in on purpose: the simulator must find it.
enum Plant: CaseIterable {
    /// The disk says that it has synced the journal, but has not.
    case journalSyncsIgnored
    /// The replica is told that its records are durable before they are.
    case persistedBeforeSync
    /// The state is written though the log does not yet hold its blocks durably.
    case stateAheadOfLog
    /// The journal lets go of what the log does not yet hold durably.
    case journalReleasedEarly
    /// A checkpoint is kept though the next batch may be in the store already.
    case checkpointKeptLate
    /// What comes after a checkpoint is executed before the checkpoint is set apart.
    case checkpointPassed
    /// Blocks are told to clients when they are executed.
    case toldBeforeCommitted
}

/// A disk whose journal is never synced.
final class ForgetfulDisk: Disk {
    private let disk: MemoryDisk
    init(_ disk: MemoryDisk) { self.disk = disk }

    func open(_ path: String, _ mode: OpenMode) throws(StorageError) -> any DiskFile {
        let file = try disk.open(path, mode)
        return path.hasPrefix("journal/") ? ForgetfulFile(file) : file
    }
    func list(_ folder: String) throws(StorageError) -> [String] { try disk.list(folder) }
    func remove(_ path: String) throws(StorageError) { try disk.remove(path) }
    func rename(_ path: String, to newPath: String) throws(StorageError) { try disk.rename(path, to: newPath) }
    func makeFolder(_ path: String) throws(StorageError) { try disk.makeFolder(path) }
    func sync(folder: String) throws(StorageError) { try disk.sync(folder: folder) }
    func freeSpace() throws(StorageError) -> FreeSpace { try disk.freeSpace() }
}

private final class ForgetfulFile: DiskFile {
    private let file: any DiskFile
    init(_ file: any DiskFile) { self.file = file }

    var path: String { file.path }
    func size() throws(StorageError) -> Int { try file.size() }
    func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8] { try file.read(at: offset, count: count) }
    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) { try file.write(bytes, at: offset) }
    func truncate(to size: Int) throws(StorageError) { try file.truncate(to: size) }
    func reserve(_ range: Range<Int>) throws(StorageError) { try file.reserve(range) }
    func sync() throws(StorageError) {}
}
