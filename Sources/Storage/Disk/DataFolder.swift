/// The stamp of a node's data folder, the file `FORMAT`: which layout it has and which program made it.
///
/// Three lines of text, so that an operator can read it:
/// ```
/// cairn data folder
/// version 2
/// created by cairn 0.1.0
/// ```
package struct DataFolder: Hashable, Sendable {
    /// The layout that this program reads and writes.
    package static let currentVersion: UInt32 = 2
    static let stampName = "FORMAT"
    private static let title = "cairn data folder"

    package let version: UInt32
    /// The name and version of the program that made the folder.
    package let creator: String

    /// Checks the stamp on `disk`. A folder without one, but with nothing else either, gets one; any other folder is
    /// refused, so that no node writes into what is not its own.
    package static func open(_ disk: any Disk, program: String) throws(StorageError) -> DataFolder {
        precondition(!program.contains("\n"))
        let names = try disk.list("")
        if names.contains(stampName) { return try read(disk) }
        guard names.allSatisfy({ $0 == stampName + ".new" }) else {
            throw .unknownFormat(path: stampName, found: "of a folder without a stamp", supported: supported)
        }
        let stamp = DataFolder(version: currentVersion, creator: program)
        try disk.replace(stampName, with: Array(stamp.text.utf8))
        return stamp
    }

    private static var supported: String { "version \(currentVersion)" }

    private var text: String { "\(Self.title)\nversion \(version)\ncreated by \(creator)\n" }

    private static func read(_ disk: any Disk) throws(StorageError) -> DataFolder {
        let file = try disk.open(stampName, .existing)
        let bytes = try file.read(at: 0, count: StorageLimits.stampBytesMax)
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 3, lines[0] == title, lines[1].hasPrefix("version "),
            let version = UInt32(lines[1].dropFirst("version ".count))
        else {
            throw .unknownFormat(path: file.path, found: "of another program", supported: supported)
        }
        guard version == currentVersion else {
            let maker = version < currentVersion ? "an older version" : "a newer version"
            throw .unknownFormat(
                path: file.path, found: "version \(version), \(lines[2]), made by \(maker) of this program",
                supported: supported)
        }
        let stamp = DataFolder(version: version, creator: String(lines[2].dropFirst("created by ".count)))
        // As bytes: texts that Unicode holds for the same are not the same stamp.
        guard Array(stamp.text.utf8) == bytes else {
            throw .unknownFormat(path: file.path, found: "of another program", supported: supported)
        }
        return stamp
    }
}
