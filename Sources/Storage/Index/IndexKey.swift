/// What the index looks things up by: eight bytes that stand for a kind of thing and the thing itself.
///
/// Different things may share a key; who looks up verifies against the block.
package struct IndexKey: RawRepresentable, Hashable, Comparable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static func < (left: IndexKey, right: IndexKey) -> Bool { left.rawValue < right.rawValue }
}
