/// Finds the number of a key among keys that stand in an array of the owner's: a hash table without a copy of them.
///
/// Linear probing, at most half full. Half the cost of a `Dictionary`, whose hash takes each word on its own. The hash
/// is keyed by what the process drew at its start, so that nobody can choose keys that collide; the order in which
/// keys stand in the table is never seen.
package struct StoreKeyTable: Sendable {
    /// The hash in the upper half and the key's number plus one in the lower; zero if the slot is free.
    private var slots: [UInt64]
    package private(set) var count = 0

    /// A table that holds `capacity` keys before it grows.
    package init(minimumCapacity capacity: Int = 0) {
        var slotCount = 16
        while slotCount < 2 * capacity { slotCount *= 2 }
        slots = [UInt64](repeating: 0, count: slotCount)
    }

    /// The number of the key in `keys`, or nil.
    @inline(__always)
    package func number(of key: StoreKey, in keys: [StoreKey]) -> Int? {
        var search = search(for: key)
        while let number = candidate(&search) { if keys[number] == key { return number } }
        return nil
    }

    /// The number of the key in `keys`. If it is not there, it gets the number `keys.count`, where the owner must
    /// append it next.
    @inline(__always)
    package mutating func claim(_ key: StoreKey, in keys: [StoreKey]) -> (number: Int, isNew: Bool) {
        var search = search(for: key)
        while let number = candidate(&search) { if keys[number] == key { return (number, false) } }
        insert(keys.count, at: search)
        return (keys.count, true)
    }

    // MARK: For owners whose keys stand in something else

    /// Where a key is looked for.
    package struct Search {
        fileprivate let hash: UInt64
        fileprivate var index: Int
    }

    @inline(__always)
    package func search(for key: StoreKey) -> Search {
        let hash = Self.hash(key)
        return Search(hash: hash, index: Int(truncatingIfNeeded: hash &>> 32) & (slots.count - 1))
    }

    /// The next number that may be the key's: the owner compares. Nil if there are no more.
    @inline(__always)
    package func candidate(_ search: inout Search) -> Int? {
        while slots[search.index] != 0 {
            let slot = slots[search.index]
            // Where the search ends an insertion may follow, so that it only steps past what is taken.
            search.index = (search.index + 1) & (slots.count - 1)
            if (slot ^ search.hash) & Self.hashMask == 0 { return Self.number(in: slot) }
        }
        return nil
    }

    /// Takes in the number of a key that was looked for in vain. Nothing may have been inserted since.
    @inline(__always)
    package mutating func insert(_ number: Int, at search: Search) {
        slots[search.index] = search.hash & Self.hashMask | UInt64(number + 1)
        count += 1
        if 2 * count > slots.count { grow() }
    }

    private mutating func grow() {
        precondition(slots.count < 1 << 31, "a table of keys has too many of them")
        let mask = 2 * slots.count - 1
        var larger = [UInt64](repeating: 0, count: 2 * slots.count)
        for slot in slots where slot != 0 {
            var index = Int(truncatingIfNeeded: slot &>> 32) & mask
            while larger[index] != 0 { index = (index + 1) & mask }
            larger[index] = slot
        }
        slots = larger
    }

    private static let hashMask: UInt64 = 0xFFFF_FFFF_0000_0000

    private static func number(in slot: UInt64) -> Int { Int(truncatingIfNeeded: slot & ~hashMask) - 1 }
}

// MARK: - Hashing

extension StoreKeyTable {
    /// What the process drew at its start, by the standard library's hasher.
    private static let seeds: (UInt64, UInt64) = (seed(0), seed(1))

    private static func seed(_ number: Int) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(number)
        return UInt64(bitPattern: Int64(hasher.finalize())) | 1
    }

    /// Two words at a time: the halves of a product of 128 bits, added up, are hard to steer without the seeds.
    @inline(__always)
    private static func hash(_ key: StoreKey) -> UInt64 {
        let seeds = seeds
        var hash = seeds.0 ^ UInt64(truncatingIfNeeded: key.count)
        var index = 0
        while index < min(key.count, StoreKey.inlineByteCount) {
            hash = fold(key.words[index >> 3] ^ hash, key.words[(index >> 3) + 1] ^ seeds.1)
            index += 16
        }
        if let overflow = key.overflow {
            for byte in overflow { hash = fold(hash ^ UInt64(byte), seeds.1) }
        }
        return fold(hash, seeds.0)
    }

    @inline(__always)
    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
