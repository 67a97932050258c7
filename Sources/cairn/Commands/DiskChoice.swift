import Foundation
import Node
import Storage

/// The node's disk: the machine's, unless a test asks for one that makes crashes worse.
///
/// `CAIRN_TEST_DISK=unsynced` keeps what is written in memory until it is synced, so that SIGKILL loses exactly what
/// was not. `CAIRN_TEST_DISK=unsynced,forgetful` besides takes no notice of the journal's syncs: a bug that the crash
/// test must find.
enum DiskChoice {
    static func open(root: String) throws -> any Disk {
        let disk = try FileDisk(root: root)
        switch ProcessInfo.processInfo.environment["CAIRN_TEST_DISK"] {
        case nil: return disk
        case "unsynced": return UnsyncedDisk(base: disk)
        case "unsynced,forgetful": return ForgetfulDisk(base: UnsyncedDisk(base: disk))
        case let other?:
            throw CommandError.failed(
                "CAIRN_TEST_DISK is \"\(other)\"; it may be \"unsynced\" or \"unsynced,forgetful\"")
        }
    }
}

/// `CAIRN_TEST_SMALL=1` makes files and flushes tiny, so that the crash test's kills hit flushes, new segments and their
/// removal too.
enum SizesChoice {
    static var sizes: NodeSizes {
        ProcessInfo.processInfo.environment["CAIRN_TEST_SMALL"] == "1" ? .tiny : NodeSizes()
    }
}

/// A disk that forgets to sync the journal's files: for the test of the crash test.
private final class ForgetfulDisk: Disk {
    private let base: any Disk

    init(base: any Disk) { self.base = base }

    func open(_ path: String, _ mode: OpenMode) throws(StorageError) -> any DiskFile {
        let file = try base.open(path, mode)
        return path.hasPrefix("journal/") ? ForgetfulFile(base: file) : file
    }

    func list(_ folder: String) throws(StorageError) -> [String] { try base.list(folder) }
    func remove(_ path: String) throws(StorageError) { try base.remove(path) }
    func rename(_ path: String, to newPath: String) throws(StorageError) { try base.rename(path, to: newPath) }
    func makeFolder(_ path: String) throws(StorageError) { try base.makeFolder(path) }
    func sync(folder: String) throws(StorageError) { try base.sync(folder: folder) }
}

private final class ForgetfulFile: DiskFile {
    private let base: any DiskFile

    init(base: any DiskFile) { self.base = base }

    var path: String { base.path }
    func size() throws(StorageError) -> Int { try base.size() }
    func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8] { try base.read(at: offset, count: count) }
    func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) { try base.write(bytes, at: offset) }
    func truncate(to size: Int) throws(StorageError) { try base.truncate(to: size) }
    func sync() throws(StorageError) {}
}
