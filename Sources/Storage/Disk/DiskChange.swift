/// A change of a file's contents that no sync has made durable yet.
enum FileChange: Sendable {
    case write(offset: Int, bytes: [UInt8])
    case truncate(size: Int)

    /// Makes the change to a whole file's contents.
    func apply(to contents: inout [UInt8]) {
        switch self {
        case .truncate(let size): Self.resize(&contents, to: size)
        case .write(let offset, let bytes):
            let end = offset + bytes.count
            if contents.count < offset { Self.resize(&contents, to: offset) }
            if contents.count == offset {
                contents.append(contentsOf: bytes)
            } else {
                if contents.count < end { Self.resize(&contents, to: end) }
                contents.replaceSubrange(offset..<end, with: bytes)
            }
        }
    }

    /// Makes the change to a file.
    func apply(to file: any DiskFile) throws(StorageError) {
        switch self {
        case .truncate(let size): try file.truncate(to: size)
        case .write(let offset, let bytes): try file.write(bytes, at: offset)
        }
    }

    /// The file's size after the change, if it was `size` before.
    func size(after size: Int) -> Int {
        switch self {
        case .truncate(let size): size
        case .write(let offset, let bytes): bytes.isEmpty ? size : max(size, offset + bytes.count)
        }
    }

    private static func resize(_ contents: inout [UInt8], to size: Int) {
        if size <= contents.count {
            contents.removeLast(contents.count - size)
        } else {
            contents.append(contentsOf: repeatElement(0, count: size - contents.count))
        }
    }
}

/// A change of a folder's names that no sync has made durable yet. Files are named by number.
enum NameChange: Sendable {
    case make(String, file: Int)
    case remove(String)
    case rename(String, to: String)

    func apply(to names: inout [String: Int]) {
        switch self {
        case .make(let name, let file): names[name] = file
        case .remove(let name): names[name] = nil
        case .rename(let name, let newName): names[newName] = names.removeValue(forKey: name)
        }
    }
}
