internal import Glibc

/// A directory that only its owner can enter, with files that only their owner can read.
struct PrivateDirectory: Sendable {
    let path: String

    /// Takes the directory, or makes it, open to nobody else. Its parent must exist.
    init(path: String) throws(KeyError) {
        self.path = path
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw Self.failure("make the directory", path) }
        let descriptor = try openDirectory()
        defer { close(descriptor) }
        let status = try Self.status(of: descriptor, path)
        guard status.st_mode & 0o077 == 0 else {
            throw KeyError(.exposed, "others may enter the directory of keys \(path); run: chmod 700 '\(path)'")
        }
    }

    /// Writes a new file, durably. Throws if the name is taken; a file that could not be written whole is removed.
    func create(_ name: String, _ bytes: [UInt8]) throws(KeyError) {
        let file = path + "/" + name
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            guard errno != EEXIST else {
                throw KeyError(.alreadyExists, "there is a key file \(file) already; choose another name")
            }
            throw Self.failure("create", file)
        }
        do throws(KeyError) {
            defer { close(descriptor) }
            try Self.write(bytes, to: descriptor, file)
            try sync()
        } catch {
            unlink(file)
            throw error
        }
    }

    /// A file's bytes. Refuses files that others may read, what is no file, and what is larger than `byteCountMax`.
    func read(_ name: String, byteCountMax: Int) throws(KeyError) -> [UInt8] {
        let file = path + "/" + name
        // Without O_NONBLOCK a named pipe in the file's place would stop us here.
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            guard errno != ENOENT else { throw KeyError(.notFound, "there is no key file \(file)") }
            throw Self.failure("open", file)
        }
        defer { close(descriptor) }
        let status = try Self.status(of: descriptor, file)
        guard status.st_mode & S_IFMT == S_IFREG else { throw KeyError(.fileMalformed, "\(file) is no regular file") }
        guard status.st_mode & 0o077 == 0 else {
            throw KeyError(.exposed, "others may read the key file \(file); run: chmod 600 '\(file)'")
        }
        guard status.st_size <= byteCountMax else {
            throw KeyError(
                .limitExceeded, "\(file) has \(status.st_size) bytes; a key file has at most \(byteCountMax)")
        }
        return try Self.read(from: descriptor, byteCountMax: byteCountMax, file)
    }

    /// The names of all entries that do not start with a dot, in order. Throws if there are more than `countMax`.
    func names(countMax: Int) throws(KeyError) -> [String] {
        guard let stream = opendir(path) else { throw Self.failure("list", path) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            // The name ends with a zero within the entry, which lives until the next call.
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            guard names.count < countMax else {
                throw KeyError(.limitExceeded, "the directory of keys \(path) has more than \(countMax) files")
            }
            names.append(name)
        }
        return names.sorted()
    }
}

// MARK: - System calls

extension PrivateDirectory {
    private func openDirectory() throws(KeyError) -> Int32 {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("open the directory", path) }
        return descriptor
    }

    /// Makes the directory's entries durable.
    private func sync() throws(KeyError) {
        let descriptor = try openDirectory()
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failure("sync the directory", path) }
    }

    private static func status(of descriptor: Int32, _ path: String) throws(KeyError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("examine", path) }
        return status
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, _ file: String) throws(KeyError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", file) }
            offset += count
        }
        guard fsync(descriptor) == 0 else { throw failure("sync", file) }
    }

    private static func read(
        from descriptor: Int32, byteCountMax: Int, _ file: String
    ) throws(KeyError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: byteCountMax)
        var filled = 0
        while filled < byteCountMax {
            let count = buffer[filled...].withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", file) }
            guard count > 0 else { break }
            filled += count
        }
        return Array(buffer.prefix(filled))
    }

    private static func failure(_ what: String, _ path: String) -> KeyError {
        let code = errno
        return KeyError(.system, "could not \(what) \(path): \(String(cString: strerror(code)))")
    }
}
