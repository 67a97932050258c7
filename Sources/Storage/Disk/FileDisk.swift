internal import Glibc

/// The disk of the operating system: files below a real folder, which it holds locked against other processes.
///
/// Sendable because its descriptors never change while it lives and every call is one that POSIX allows from any
/// thread.
package final class FileDisk: Disk {
    /// The folder's path, as the operator named it.
    package let root: String
    private let rootDescriptor: Int32
    private let lockDescriptor: Int32

    private static let lockName = "LOCK"

    /// Opens `root`, which is made if only its last name is missing, and locks it until this object goes.
    package init(root: String) throws(StorageError) {
        self.root = root
        if mkdir(root, 0o750) != 0, errno != EEXIST { throw Self.failure(.makeFolder, root) }
        let directory = Glibc.open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw Self.failure(.open, root) }
        let lock = openat(directory, Self.lockName, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard lock >= 0 else {
            let error = Self.failure(.open, "\(root)/\(Self.lockName)")
            close(directory)
            throw error
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let error: StorageError = errno == EWOULDBLOCK ? .folderInUse(path: root) : Self.failure(.lock, root)
            close(lock)
            close(directory)
            throw error
        }
        rootDescriptor = directory
        lockDescriptor = lock
    }

    deinit {
        close(lockDescriptor)
        close(rootDescriptor)
    }

    package func open(_ path: String, _ mode: OpenMode) throws(StorageError) -> any DiskFile {
        let flags =
            switch mode {
            case .existing: O_RDWR
            case .new: O_RDWR | O_CREAT | O_EXCL
            case .either: O_RDWR | O_CREAT
            }
        let descriptor = Self.retrying { openat(rootDescriptor, path, flags | O_CLOEXEC, 0o640) }
        guard descriptor >= 0 else { throw failure(.open, path) }
        return FileDiskFile(descriptor: descriptor, path: absolute(path))
    }

    package func list(_ folder: String) throws(StorageError) -> [String] {
        let descriptor = try openFolder(folder, .list)
        guard let stream = fdopendir(descriptor) else {
            let error = failure(.list, folder)
            close(descriptor)
            throw error
        }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            // The name ends with a zero within the entry, which stays valid until the next readdir.
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != "..", !(folder.isEmpty && name == Self.lockName) { names.append(name) }
        }
        guard errno == 0 else { throw failure(.list, folder) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    package func remove(_ path: String) throws(StorageError) {
        guard unlinkat(rootDescriptor, path, 0) == 0 else { throw failure(.remove, path) }
    }

    package func rename(_ path: String, to newPath: String) throws(StorageError) {
        precondition(DiskPath(path).folder == DiskPath(newPath).folder, "a rename stays in its folder")
        guard renameat(rootDescriptor, path, rootDescriptor, newPath) == 0 else { throw failure(.rename, path) }
    }

    package func makeFolder(_ path: String) throws(StorageError) {
        if mkdirat(rootDescriptor, path, 0o750) != 0, errno != EEXIST { throw failure(.makeFolder, path) }
        try sync(folder: DiskPath(path).folder)
    }

    /// Removes a folder that has no folders in it, and its files.
    func removeFolder(_ path: String) throws(StorageError) {
        for name in try list(path) { try remove("\(path)/\(name)") }
        guard unlinkat(rootDescriptor, path, AT_REMOVEDIR) == 0 else { throw failure(.remove, path) }
    }

    package func sync(folder: String) throws(StorageError) {
        let descriptor = try openFolder(folder, .syncFolder)
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(.syncFolder, folder) }
    }

    package func freeSpace() throws(StorageError) -> FreeSpace { try .measured(at: root) }

    private func openFolder(_ folder: String, _ operation: DiskOperation) throws(StorageError) -> Int32 {
        let name = folder.isEmpty ? "." : folder
        let descriptor = Self.retrying { openat(rootDescriptor, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw failure(operation, folder) }
        return descriptor
    }

    private func absolute(_ path: String) -> String { path.isEmpty ? root : "\(root)/\(path)" }

    private func failure(_ operation: DiskOperation, _ path: String) -> StorageError {
        Self.failure(operation, absolute(path))
    }
}

extension FileDisk {
    /// Repeats a call that a signal interrupted.
    static func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }

    /// The error that errno names.
    static func failure(_ operation: DiskOperation, _ path: String, code: Int32 = errno) -> StorageError {
        switch code {
        case ENOSPC, EDQUOT: .noSpace(operation, path: path)
        case ENOENT: .notFound(path: path)
        case EEXIST: .alreadyExists(path: path)
        default: .system(operation, path: path, code: code, text: text(ofError: code))
        }
    }

    /// glibc's strerror keeps its text for each thread apart.
    private static func text(ofError code: Int32) -> String {
        strerror(code).map { String(cString: $0) } ?? "unknown error"
    }
}
