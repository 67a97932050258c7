internal import Ledger
internal import Primitives
internal import Storage

/// Where a group's state stands in the key-value store.
///
/// | space | key | value |
/// |---|---|---|
/// | `s` | contract, contract's key | what the contract wrote |
/// | `t` | position in the tree | page of the state tree |
///
/// Each key begins with the group's number in four bytes and the space.
struct StateLayout: Sendable {
    let group: GroupIdentifier

    private func key(_ space: Unicode.Scalar) -> StoreKey {
        var key = StoreKey.empty
        key.append(group)
        key.append(UInt8(ascii: space))
        return key
    }

    /// What keys of values begin with, and keys of pages.
    var valuesPrefix: StoreKey { key("s") }
    var pagesPrefix: StoreKey { key("t") }

    func key(of position: TreePosition) -> StoreKey {
        var key = pagesPrefix
        position.append(to: &key)
        return key
    }

    func key(of stateKey: StateKey) -> StoreKey {
        var key = valuesPrefix
        key.append(stateKey.storeKey)
        return key
    }

    /// The key of the state that has this one among the values.
    func stateKey(_ key: StoreKey) -> StateKey { StateKey(key.dropFirst(Self.prefixByteCount)) }

    private static let prefixByteCount = 5
}
