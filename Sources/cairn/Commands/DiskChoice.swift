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
        case "unsynced,forgetful": return SyncDroppingDisk(base: UnsyncedDisk(base: disk)) { $0.hasPrefix("journal/") }
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
