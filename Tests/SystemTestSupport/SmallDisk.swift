internal import Foundation
internal import Glibc

/// A small file system of its own (tmpfs), mounted on a folder, which a test can fill to the last byte. It goes with its
/// object.
package final class SmallDisk: Sendable {
    package let path: String
    private let scratch: ScratchFolder

    /// Whether this process may mount file systems: mostly only root may.
    package static let isPermitted: Bool = {
        guard let scratch = try? ScratchFolder(), let disk = try? SmallDisk(at: scratch.path, megabytes: 1) else {
            return false
        }
        return disk.freeByteCount > 0
    }()

    /// Mounts a file system of some size on a folder, which is made if it is missing.
    package init(at path: String, megabytes: Int) throws {
        self.path = path
        scratch = try ScratchFolder()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try run("mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m,mode=0700", "tmpfs", path])
    }

    deinit {
        // What a killed process holds open may keep it for a moment: it then goes by itself.
        try? run("umount", ["-l", path])
    }

    private func run(_ program: String, _ arguments: [String]) throws {
        let process = try ChildProcess(program, arguments, scratch: scratch)
        guard process.wait(seconds: 10) == .exited(0) else {
            throw ChildProcess.Failure("\(program) \(arguments.joined(separator: " ")): \(process.errors)")
        }
    }

    package var freeByteCount: Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return 0 }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }

    private var ballast: String { "\(path)/ballast" }

    /// Takes room until no more than so many bytes are free.
    package func fill(leaving byteCount: Int) {
        let descriptor = open(ballast, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(descriptor) }
        let page = [UInt8](repeating: 1, count: 4096)
        while freeByteCount > byteCount, write(descriptor, page, page.count) > 0 {}
    }

    /// Gives back what `fill` took.
    package func makeRoom() { unlink(ballast) }
}
