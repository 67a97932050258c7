import Foundation
import Glibc
import Primitives

/// What commands put into a folder that they make.
enum NewFiles {
    /// Makes a folder that is nobody else's, or takes an empty one.
    static func makeEmptyFolder(_ path: String, for what: String) throws {
        if let contents = try? FileManager.default.contentsOfDirectory(atPath: path) {
            guard contents.isEmpty else {
                throw CommandError.failed("\(path) is not empty; name a new folder for \(what)")
            }
            return
        }
        try makePrivateFolder(path)
    }

    /// 256 bits from the system, in hexadecimal digits.
    static func randomPassphrase() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return String(bytes.hexadecimal.dropFirst(2))
    }

    /// Writes a new file, and has it on the disk before returning.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw CommandError.failed("cannot make \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count, fsync(descriptor) == 0 else {
            throw CommandError.failed("cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }
}
