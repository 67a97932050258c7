import Cryptography
import Foundation
import Glibc

/// The log of a node, to which the node appends by itself.
struct NodeLogFile: Sendable {
    let path: String

    private var rotatedPath: String { "\(path).1" }

    /// In bytes.
    var length: UInt64 {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(max(0, status.st_size)) : 0
    }

    /// If the log has become too long, copies it to a file beside it, in place of the one before, and cuts it off.
    ///
    /// The node goes on writing to the same file. What it writes between the copy and the cut, some microseconds, is
    /// lost to the log.
    func rotate(byteCountMax: Int = NetworkLimits.logByteCountMax) {
        guard length > UInt64(byteCountMax) else { return }
        let copy = "\(rotatedPath).new"
        unlink(copy)
        guard (try? FileManager.default.copyItem(atPath: path, toPath: copy)) != nil, rename(copy, rotatedPath) == 0
        else { return }
        truncate(path, 0)
    }

    /// The last lines since a place, without what would control a terminal.
    func lastLines(_ count: Int = NetworkLimits.logLinesShown, since start: UInt64 = 0) -> [String] {
        guard let handle = FileHandle(forReadingAtPath: path) else { return [] }
        defer { try? handle.close() }
        let length = length
        let tail = UInt64(NetworkLimits.logTailByteCount)
        let first = max(start <= length ? start : 0, length > tail ? length - tail : 0)
        guard (try? handle.seek(toOffset: first)) != nil,
            let data = try? handle.read(upToCount: NetworkLimits.logTailByteCount)
        else { return [] }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        return lines.suffix(count).map { line in
            String(line.unicodeScalars.map { CertificateName.isPrintable(String($0)) ? Character($0) : "?" })
        }
    }
}
