internal import Synchronization

/// A disk in memory, for tests and the simulator: it knows what is synced and what a crash may take.
///
/// Sendable because all state stands behind one mutex.
package final class MemoryDisk: Disk {
    /// What the disk does wrong from now on.
    package struct Faults: Sendable {
        /// How many more bytes may be written before the disk is full; nil is no bound.
        package var bytesLeft: Int?
        /// After how many more bytes a write ends in the middle, with an error that is no lack of room; nil is never.
        package var bytesUntilFailure: Int?
        /// How many bytes all files may hold together; nil is no bound. Room comes back as files are cut and removed.
        package var capacity: Int?
        /// Every sync fails, of files and folders.
        package var failsSyncs = false
        /// Syncs report success but make nothing durable: the planted bug that crash tests must find.
        package var ignoresSyncs = false

        package init() {}
    }

    struct File {
        var contents: [UInt8] = []
        var durable: [UInt8] = []
        var unsynced: [FileChange] = []
        var handleCount = 0
        /// How far room is set aside.
        var reservedEnd = 0

        /// What it takes of the disk's capacity.
        var occupiedByteCount: Int { max(contents.count, reservedEnd) }
    }

    struct Folder {
        var names: [String: Int] = [:]
        var durable: [String: Int] = [:]
        var unsynced: [NameChange] = []
        var folders: Set<String> = []
    }

    struct State {
        var files: [Int: File] = [:]
        var folders: [String: Folder] = ["": Folder()]
        var nextFile = 0
        /// Counts crashes: handles of an earlier life are refused.
        var life = 0
        var faults = Faults()
        var syncCount = 0

        /// How much the disk's capacity leaves. What was removed takes nothing any more.
        var roomByteCount: Int {
            guard let capacity = faults.capacity else { return .max }
            let named = folders.values.flatMap { $0.names.values }
            return max(0, capacity - named.reduce(0) { $0 + (files[$1]?.occupiedByteCount ?? 0) })
        }
    }

    let state = Mutex(State())

    package init() {}

    package var faults: Faults {
        get { state.withLock { $0.faults } }
        set { state.withLock { $0.faults = newValue } }
    }

    /// How many syncs of files and folders were asked for.
    package var syncCount: Int { state.withLock { $0.syncCount } }

    package func open(_ path: String, _ mode: OpenMode) throws(StorageError) -> any DiskFile {
        let parts = DiskPath(path)
        return try state.withLock { state throws(StorageError) in
            guard var folder = state.folders[parts.folder] else { throw .notFound(path: path) }
            let number: Int
            switch (folder.names[parts.name], mode) {
            case (nil, .existing): throw .notFound(path: path)
            case (.some, .new): throw .alreadyExists(path: path)
            case (let existing?, _): number = existing
            case (nil, _):
                number = state.nextFile
                state.nextFile += 1
                state.files[number] = File()
                folder.names[parts.name] = number
                folder.unsynced.append(.make(parts.name, file: number))
                state.folders[parts.folder] = folder
            }
            state.files[number]?.handleCount += 1
            return MemoryDiskFile(disk: self, file: number, life: state.life, path: path)
        }
    }

    package func list(_ folder: String) throws(StorageError) -> [String] {
        let names = try state.withLock { state throws(StorageError) in
            guard let found = state.folders[folder] else { throw .notFound(path: folder) }
            return Array(found.names.keys) + Array(found.folders)
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    package func remove(_ path: String) throws(StorageError) {
        let parts = DiskPath(path)
        try changeNames(of: path, .remove(parts.name))
    }

    package func rename(_ path: String, to newPath: String) throws(StorageError) {
        let (old, new) = (DiskPath(path), DiskPath(newPath))
        precondition(old.folder == new.folder, "a rename stays in its folder")
        try changeNames(of: path, .rename(old.name, to: new.name))
    }

    private func changeNames(of path: String, _ change: NameChange) throws(StorageError) {
        let parts = DiskPath(path)
        try state.withLock { state throws(StorageError) in
            guard state.folders[parts.folder]?.names[parts.name] != nil else { throw .notFound(path: path) }
            change.apply(to: &state.folders[parts.folder, default: Folder()].names)
            state.folders[parts.folder]?.unsynced.append(change)
        }
    }

    package func makeFolder(_ path: String) throws(StorageError) {
        let parts = DiskPath(path)
        try state.withLock { state throws(StorageError) in
            guard state.folders[parts.folder] != nil else { throw .notFound(path: path) }
            state.folders[parts.folder]?.folders.insert(parts.name)
            if state.folders[path] == nil { state.folders[path] = Folder() }
        }
    }

    package func freeSpace() throws(StorageError) -> FreeSpace {
        let byteCount = state.withLock { state in
            min(state.faults.bytesLeft ?? .max, state.roomByteCount)
        }
        return FreeSpace(path: "memory", byteCount: byteCount)
    }

    package func sync(folder: String) throws(StorageError) {
        try state.withLock { state throws(StorageError) in
            guard var found = state.folders[folder] else { throw .notFound(path: folder) }
            guard try state.mayPersist(.syncFolder, folder) else { return }
            for change in found.unsynced { change.apply(to: &found.durable) }
            found.unsynced = []
            state.folders[folder] = found
            state.dropUnnamedFiles()
        }
    }
}

extension MemoryDisk.State {
    /// Counts a sync and obeys the faults: false if it must do nothing.
    mutating func mayPersist(_ operation: DiskOperation, _ path: String) throws(StorageError) -> Bool {
        syncCount += 1
        if faults.failsSyncs { throw .system(operation, path: path, code: 5, text: "injected fault") }
        return !faults.ignoresSyncs
    }

    /// Forgets the files that no folder names, now or after a crash, and no handle holds.
    mutating func dropUnnamedFiles() {
        var named: Set<Int> = []
        for folder in folders.values {
            named.formUnion(folder.names.values)
            named.formUnion(folder.durable.values)
            for case .make(_, let file) in folder.unsynced { named.insert(file) }
        }
        files = files.filter { $0.value.handleCount > 0 || named.contains($0.key) }
    }
}
