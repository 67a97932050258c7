package import Cryptography
package import Primitives

/// Where a contract keeps a value: the contract's address and a key of its own choosing. Ordered as their bytes are.
package struct StateKey: Hashable, Comparable, Sendable {
    /// The address's 20 bytes, then the contract's key.
    package let storeKey: StoreKey

    package init(contract: Address, key: [UInt8]) {
        var storeKey = contract.storeKey
        storeKey.append(key)
        self.storeKey = storeKey
    }

    package init(contract: Address, key: StoreKey) {
        var storeKey = contract.storeKey
        storeKey.append(key)
        self.storeKey = storeKey
    }

    /// The key that sorts, with its prefix, as these bytes do.
    package init(_ storeKey: StoreKey) { self.storeKey = storeKey }

    package var bytes: [UInt8] { storeKey.bytes }

    /// The contract's own part.
    package var key: [UInt8] { Array(bytes.dropFirst(Address.byteCount)) }

    package func hasPrefix(_ prefix: StateKey) -> Bool { storeKey.hasPrefix(prefix.storeKey) }

    /// The least key above this one.
    package var successor: StateKey {
        var next = storeKey
        next.append(0 as UInt8)
        return StateKey(next)
    }

    /// Where the key stands in the state tree.
    package func path(in suite: Suite) -> Digest {
        var scratch: [UInt8] = []
        return path(in: suite, &scratch)
    }

    /// The same, with an array whose memory is used again.
    package func path(in suite: Suite, _ scratch: inout [UInt8]) -> Digest {
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: Domain.stateKey)
        storeKey.append(to: &scratch)
        return suite.hash(scratch)
    }

    /// What the tree holds of a value.
    package static func digest(ofValue value: [UInt8], in suite: Suite) -> Digest {
        var scratch: [UInt8] = []
        return digest(ofValue: StoreValue(value), in: suite, &scratch)
    }

    /// The same, with an array whose memory is used again.
    package static func digest(ofValue value: StoreValue, in suite: Suite, _ scratch: inout [UInt8]) -> Digest {
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: Domain.stateValue)
        value.append(to: &scratch)
        return suite.hash(scratch)
    }

    package static func < (left: StateKey, right: StateKey) -> Bool { left.storeKey < right.storeKey }
}

/// A read-only view of the state at one height.
package protocol StateView: AnyObject {
    func value(at key: StateKey) throws(StateUnavailable) -> [UInt8]?

    /// The first `limit` keys with the prefix that are at or above `start`, ascending, with their values.
    func scan(prefix: StateKey, from start: StateKey, limit: Int) throws(StateUnavailable) -> [(StateKey, [UInt8])]
}

/// The state could not be read: the disk failed, or what it gave is damaged. The node must stop.
package struct StateUnavailable: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
