import Foundation
import Primitives
import Storage
import TestSupport

/// A new folder below the system's temporary one, removed with everything in it when the last reference goes.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "cairn-storage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension Disk {
    func contents(_ path: String) throws -> [UInt8] {
        let file = try open(path, .existing)
        return try file.read(at: 0, count: try file.size())
    }

    /// Copies one folder's files to a new memory disk, all durable.
    func copy(_ folders: [String]) throws -> MemoryDisk {
        let copy = MemoryDisk()
        for folder in folders {
            try copy.makeFolder(folder)
            for name in try list(folder) {
                guard let source = try? open("\(folder)/\(name)", .existing) else { continue }
                let file = try copy.open("\(folder)/\(name)", .new)
                try file.write(try source.read(at: 0, count: try source.size()), at: 0)
                try file.sync()
            }
            try copy.sync(folder: folder)
        }
        return copy
    }
}

extension WriteBackStore {
    func commit(height: UInt64, changes: [(StoreKey, [UInt8]?)]) {
        commit(height: height, changes: changes.lazy.map { key, value in (key, value.map { StoreValue($0) }) })
    }
}
