import Foundation
import Storage
import Primitives
import TestSupport
import Testing

enum DiskKind: CaseIterable { case file, memory, unsynced }

/// What every disk must do.
@Suite struct DiskConformanceTests {
    private func withDisk(_ kind: DiskKind, _ body: (any Disk) throws -> Void) throws {
        let folder = try TemporaryFolder()
        switch kind {
        case .file: try body(FileDisk(root: folder.path))
        case .memory: try body(MemoryDisk())
        case .unsynced: try body(UnsyncedDisk(base: FileDisk(root: folder.path)))
        }
        withExtendedLifetime(folder) {}
    }

    @Test(arguments: DiskKind.allCases) func `reads back what was written, at any offset`(_ kind: DiskKind) throws {
        try withDisk(kind) { disk in
            let file = try disk.open("a", .new)
            try file.write([1, 2, 3, 4], at: 0)
            try file.write([9, 9], at: 6)
            try file.write([7], at: 1)
            #expect(try file.size() == 8)
            #expect(try file.read(at: 0, count: 8) == [1, 7, 3, 4, 0, 0, 9, 9])
            #expect(try file.read(at: 6, count: .max / 2) == [9, 9])
            #expect(try file.read(at: 8, count: 5) == [])
            #expect(try file.read(at: 100, count: 5) == [])
            try file.truncate(to: 3)
            try file.write([5], at: 4)
            #expect(try file.read(at: 0, count: 9) == [1, 7, 3, 0, 5])
            try file.sync()
            #expect(try disk.contents("a") == [1, 7, 3, 0, 5])
        }
    }

    @Test(arguments: DiskKind.allCases) func `opens by mode`(_ kind: DiskKind) throws {
        try withDisk(kind) { disk in
            #expect(throws: StorageError.self) { try disk.open("a", .existing) }
            _ = try disk.open("a", .new)
            #expect(throws: StorageError.self) { try disk.open("a", .new) }
            _ = try disk.open("a", .existing)
            _ = try disk.open("a", .either)
            _ = try disk.open("b", .either)
            #expect(try disk.list("") == ["a", "b"])
        }
    }

    @Test(arguments: DiskKind.allCases) func `lists, renames and removes`(_ kind: DiskKind) throws {
        try withDisk(kind) { disk in
            try disk.makeFolder("f")
            try disk.makeFolder("f")
            try disk.makeFolder("f/g")
            #expect(throws: StorageError.self) { try disk.makeFolder("x/y") }
            for name in ["c", "a", "b"] { try disk.open("f/\(name)", .new).write(Array(name.utf8), at: 0) }
            #expect(try disk.list("f") == ["a", "b", "c", "g"])
            let held = try disk.open("f/b", .existing)
            try disk.rename("f/a", to: "f/b")
            try disk.remove("f/c")
            #expect(throws: StorageError.self) { try disk.remove("f/c") }
            #expect(throws: StorageError.self) { try disk.rename("f/none", to: "f/x") }
            #expect(try disk.list("f") == ["b", "g"])
            #expect(try disk.contents("f/b") == Array("a".utf8))
            #expect(try held.read(at: 0, count: 1) == Array("b".utf8))
            try disk.sync(folder: "f")
            #expect(try disk.list("f") == ["b", "g"])
            #expect(try disk.contents("f/b") == Array("a".utf8))
            #expect(throws: StorageError.self) { try disk.list("none") }
        }
    }

    @Test(arguments: DiskKind.allCases) func `replaces a small file`(_ kind: DiskKind) throws {
        try withDisk(kind) { disk in
            try disk.replace("stamp", with: [1, 2, 3])
            try disk.replace("stamp", with: [4])
            #expect(try disk.contents("stamp") == [4])
            #expect(try disk.list("") == ["stamp"])
        }
    }

    /// Random operations on all three disks at once, against plain arrays.
    @Test func `agree under random operations`() throws {
        for seed in 0..<60 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
            let disks: [any Disk] = [
                try FileDisk(root: first.path), MemoryDisk(), UnsyncedDisk(base: try FileDisk(root: second.path)),
            ]
            var model: [String: [UInt8]] = [:]
            for _ in 0..<80 {
                let name = "n\(Int.random(in: 0..<4, using: &generator))"
                let offset = Int.random(in: 0..<40, using: &generator)
                let bytes = generator.bytes(Int.random(in: 1..<30, using: &generator))
                let choice = Int.random(in: 0..<8, using: &generator)
                for disk in disks {
                    switch choice {
                    case 0...2: try disk.open(name, .either).write(bytes, at: offset)
                    case 3: try disk.open(name, .either).truncate(to: offset)
                    case 4: if model[name] != nil { try disk.open(name, .existing).sync() }
                    case 5: try disk.sync(folder: "")
                    case 6: if model[name] != nil { try disk.remove(name) }
                    default: if model[name] != nil { try disk.rename(name, to: "n0") }
                    }
                }
                switch choice {
                case 0...2:
                    var contents = model[name] ?? []
                    let missing = max(0, offset + bytes.count - contents.count)
                    contents += [UInt8](repeating: 0, count: missing)
                    contents.replaceSubrange(offset..<offset + bytes.count, with: bytes)
                    model[name] = contents
                case 3:
                    let contents = model[name] ?? []
                    let missing = max(0, offset - contents.count)
                    model[name] = Array((contents + [UInt8](repeating: 0, count: missing)).prefix(offset))
                case 6: model[name] = nil
                case 7: if let contents = model.removeValue(forKey: name) { model["n0"] = contents }
                default: break
                }
                for disk in disks {
                    #expect(try disk.list("") == model.keys.sorted())
                    for (name, contents) in model { #expect(try disk.contents(name) == contents, "seed \(seed)") }
                }
            }
        }
    }
}

@Suite struct DiskFaultTests {
    @Test func `a second process on the folder is refused`() throws {
        let folder = try TemporaryFolder()
        let disk = try FileDisk(root: folder.path)
        #expect(throws: StorageError.folderInUse(path: folder.path)) { try FileDisk(root: folder.path) }
        withExtendedLifetime(disk) {}
    }

    @Test func `the lock goes with the disk`() throws {
        let folder = try TemporaryFolder()
        _ = try FileDisk(root: folder.path)
        _ = try FileDisk(root: folder.path)
    }

    @Test func `errors name operation, path, cause and remedy`() {
        let full = StorageError.noSpace(.write, path: "journal/1")
        #expect(full.description.contains("cannot write journal/1: the disk is full; free space"))
        let inUse = StorageError.folderInUse(path: "/data")
        #expect(
            inUse.description
                == "another process uses the folder /data; stop the other node or name another data folder")
    }

    @Test func `a full real disk is told apart`() throws {
        let file = try #require(FileManager.default.isWritableFile(atPath: "/dev/full") ? "/dev/full" : nil)
        let folder = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/full", withDestinationPath: file)
        let disk = try FileDisk(root: folder.path)
        #expect(throws: StorageError.noSpace(.write, path: folder.path + "/full")) {
            try disk.open("full", .existing).write([1], at: 0)
        }
    }

    @Test func `a memory disk fills up, fails syncs and flips bits`() throws {
        let disk = MemoryDisk()
        let file = try disk.open("a", .new)
        disk.faults.bytesLeft = 2
        #expect(throws: StorageError.noSpace(.write, path: "a")) { try file.write([1, 2, 3], at: 0) }
        #expect(try file.read(at: 0, count: 9) == [1, 2])
        disk.faults = .init()
        disk.faults.bytesUntilFailure = 3
        try file.write([1, 2], at: 0)
        #expect(throws: StorageError.system(.write, path: "a", code: 5, text: "injected fault")) {
            try file.write([3, 4], at: 2)
        }
        #expect(try file.read(at: 0, count: 9) == [1, 2, 3])
        disk.faults = .init()
        try file.truncate(to: 2)
        disk.faults.failsSyncs = true
        #expect(throws: StorageError.self) { try file.sync() }
        try disk.flip("a", at: 1, mask: 4)
        #expect(try file.read(at: 0, count: 9) == [1, 6])
    }

    @Test func `a crash keeps what is synced and kills handles`() throws {
        for seed in 0..<500 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let disk = MemoryDisk()
            let file = try disk.open("a", .new)
            try file.write([1, 2, 3], at: 0)
            try file.sync()
            try disk.sync(folder: "")
            try file.write([4, 5, 6], at: 3)
            disk.crash(using: &generator)
            #expect(throws: StorageError.staleHandle(path: "a")) { try file.size() }
            let contents = try disk.contents("a")
            #expect(contents.starts(with: [1, 2, 3]) && contents.count <= 6)
        }
    }

    /// What SIGKILL would leave is what the disk below holds.
    @Test func `an unsynced disk writes nothing before a sync`() throws {
        let base = MemoryDisk()
        let disk = UnsyncedDisk(base: base)
        let file = try disk.open("a", .new)
        try file.write([1, 2, 3], at: 0)
        #expect(try base.list("") == [])
        try file.sync()
        #expect(try base.list("") == [])
        try file.write([4], at: 3)
        try disk.sync(folder: "")
        #expect(try base.contents("a") == [1, 2, 3])
        try file.sync()
        #expect(try base.contents("a") == [1, 2, 3, 4])
        try disk.rename("a", to: "b")
        #expect(try base.list("") == ["a"])
        #expect(try disk.list("") == ["b"])
        try disk.sync(folder: "")
        #expect(try base.list("") == ["b"])
        try disk.remove("b")
        #expect(try UnsyncedDisk(base: base).contents("b") == [1, 2, 3, 4])
    }

    @Test func `a data folder is stamped, recognised and refused`() throws {
        let disk = MemoryDisk()
        let made = try DataFolder.open(disk, program: "cairn 0.1.0")
        #expect(
            String(decoding: try disk.contents("FORMAT"), as: UTF8.self)
                == "cairn data folder\nversion 2\ncreated by cairn 0.1.0\n")
        #expect(try DataFolder.open(disk, program: "cairn 9") == made)
        for (version, age) in [(1, "an older"), (3, "a newer")] {
            try disk.replace("FORMAT", with: Array("cairn data folder\nversion \(version)\ncreated by cairn 9\n".utf8))
            #expect(
                throws: StorageError.unknownFormat(
                    path: "FORMAT",
                    found: "version \(version), created by cairn 9, made by \(age) version of this program",
                    supported: "version 2")
            ) {
                try DataFolder.open(disk, program: "cairn 0.1.0")
            }
        }
        for text in ["", "hello", "cairn data folder\nversion x\ncreated by y\n", "cairn data folder\nversion 2\n\n"] {
            try disk.replace("FORMAT", with: Array(text.utf8))
            #expect(throws: StorageError.self) { try DataFolder.open(disk, program: "cairn") }
        }
        let foreign = MemoryDisk()
        _ = try foreign.open("photos", .new)
        #expect(throws: StorageError.self) { try DataFolder.open(foreign, program: "cairn") }
    }
}
