import Storage
import Synchronization

/// A disk that counts the bytes that are read from its files.
final class CountingDisk: Disk {
    private let base: any Disk
    fileprivate let count = Mutex(0)

    init(base: any Disk) { self.base = base }

    var readByteCount: Int { count.withLock { $0 } }

    func reset() { count.withLock { $0 = 0 } }

    func open(_ path: String, _ mode: OpenMode) throws(StorageError) -> any DiskFile {
        CountingFile(base: try base.open(path, mode), disk: self)
    }

    func list(_ folder: String) throws(StorageError) -> [String] { try base.list(folder) }
    func remove(_ path: String) throws(StorageError) { try base.remove(path) }
    func rename(_ path: String, to newPath: String) throws(StorageError) { try base.rename(path, to: newPath) }
    func makeFolder(_ path: String) throws(StorageError) { try base.makeFolder(path) }
    func sync(folder: String) throws(StorageError) { try base.sync(folder: folder) }
    func freeSpace() throws(StorageError) -> FreeSpace { try base.freeSpace() }
}

private final class CountingFile: DiskFile {
    private let base: any DiskFile
    private let disk: CountingDisk

    init(base: any DiskFile, disk: CountingDisk) { (self.base, self.disk) = (base, disk) }

    var path: String { base.path }

    func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8] {
        let bytes = try base.read(at: offset, count: count)
        disk.count.withLock { $0 += bytes.count }
        return bytes
    }

    func size() throws(StorageError) -> Int { try base.size() }
    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) { try base.write(bytes, at: offset) }
    func truncate(to size: Int) throws(StorageError) { try base.truncate(to: size) }
    func reserve(_ range: Range<Int>) throws(StorageError) { try base.reserve(range) }
    func sync() throws(StorageError) { try base.sync() }
}
