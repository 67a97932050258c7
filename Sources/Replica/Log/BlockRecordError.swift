package import Primitives
package import Storage

/// Why a block's record, or a part of it, could not be read.
package enum BlockRecordError: Error, Hashable, Sendable, CustomStringConvertible {
    case unreadable(StorageError)
    /// The part does not hold what it should; the error's offset counts from the part's start.
    case damaged(part: String, CodingError)

    package var description: String {
        switch self {
        case .unreadable(let error): "\(error)"
        case .damaged(let part, let error): "its \(part): \(error)"
        }
    }
}
