package import Cryptography
package import Primitives

/// Gives the tree its stored pages.
package protocol TreePageSource: AnyObject {
    /// The bytes last written at the position, or nil if there are none.
    func page(at position: TreePosition) throws(StateUnavailable) -> [UInt8]?
}

/// A change of one leaf: its path, and the digest of its value or nil to remove it.
package struct LeafChange: Hashable, Sendable {
    package let path: Digest
    package let value: Digest?

    package init(path: Digest, value: Digest?) {
        self.path = path
        self.value = value
    }
}

/// What is to be stored at a page's position: its bytes, or nil for no page.
package struct PageChange: Hashable, Sendable {
    package let position: TreePosition
    package let bytes: [UInt8]?
}

/// The commitment to the state: a binary sparse Merkle tree over the hashes of keys, compacted as Jellyfish's
/// (Gao, Hu and Wu 2021), stored in pages of four levels.
///
/// Only the newest version is kept. The tree writes nothing: changed pages stay in memory until they are frozen and
/// then given out, a part at a time, and the source must give those from then on. So a page that changes in every block
/// is coded and stored once for many blocks. A page that does not hash to what the page above says is not used.
package struct StateTree: Sendable {
    let suite: Suite
    var cache: TreePageCache
    /// Changes with every freeze.
    var epoch: UInt32 = 1
    /// The positions of pages that the source holds and the tree no longer has.
    var removed: [TreePosition] = []
    /// How many pages have changed since the last freeze, those that are gone included.
    package internal(set) var changedPageCount = 0
    /// What the last freeze set apart and nobody took yet.
    var frozen = FrozenPages()

    /// A tree whose pages come from the source of each call. About `cachedPagesMax` pages stay decoded in memory, and
    /// at least those that the last call has used and those that the source does not hold as they are.
    package init(suite: Suite, cachedPagesMax: Int) {
        self.suite = suite
        cache = TreePageCache(countMax: cachedPagesMax)
    }

    /// The root: the zero digest for the empty tree.
    package mutating func root(from source: any TreePageSource) throws(StateUnavailable) -> Digest {
        let place = try openRoot(source)
        return cache.digest(of: 1, in: place)
    }

    /// The proof of what stands at a path, presence or absence.
    package mutating func proof(
        for path: Digest, from source: any TreePageSource
    ) throws(StateUnavailable) -> StateProof {
        defer { trim() }
        var siblings: [Digest] = []
        var depth = 0
        var place = try openRoot(source)
        while true {
            let slot = path.nibble(at: depth)
            let node = cache.descend(to: slot, in: place, collecting: &siblings)
            guard cache.pages[place].shape.isInner(node) else {
                return StateProof(leaf: cache.onlyLeaf(below: node, in: place), siblings: siblings)
            }
            place = try open(slot, below: place, TreePosition(depth: depth + 1, above: path), source)
            depth += 1
        }
    }
}

extension TreePageCache {
    /// The lowest node on the way down to a slot that is not under a lone leaf or nothing; collects the siblings of
    /// the way.
    fileprivate func descend(to slot: Int, in place: Int, collecting siblings: inout [Digest]) -> Int {
        var node = 1
        for level in 1...4 where pages[place].shape.isInner(node) {
            node = (16 + slot) >> (4 - level)
            siblings.append(digest(of: node ^ 1, in: place))
        }
        return node
    }
}

// MARK: - Reading pages

/// A page that the one above it has in a slot, and that is not in memory.
struct MissingPage {
    let parent, slot: Int
    let position: TreePosition
}

extension StateTree {
    mutating func openRoot(_ source: any TreePageSource) throws(StateUnavailable) -> Int {
        if !cache.hasRoot {
            let page = try read(.root, source)
            cache.setRoot(page ?? TreePage())
            cache.pages[TreePageCache.rootPlace].isStored = page != nil
            hashOpened([TreePageCache.rootPlace])
        }
        return TreePageCache.rootPlace
    }

    /// The place of a page that the one above has in a slot.
    mutating func open(
        _ slot: Int, below parent: Int, _ position: TreePosition, _ source: any TreePageSource
    ) throws(StateUnavailable) -> Int {
        guard let place = cache.place(below: cache.pages[parent], slot) else {
            return try read([MissingPage(parent: parent, slot: slot, position: position)], source)[0]
        }
        cache.use(place)
        return place
    }

    /// Reads pages and links them below the ones above, which must have the digests that they hash to. If one cannot
    /// be read or is another, none is linked.
    mutating func read(_ missing: [MissingPage], _ source: any TreePageSource) throws(StateUnavailable) -> [Int] {
        var places: [Int] = []
        do throws(StateUnavailable) {
            for page in missing {
                guard let stored = try read(page.position, source) else {
                    throw StateUnavailable("the state tree lacks its page at \(page.position.bytes.hexadecimal)")
                }
                places.append(cache.insert(stored))
            }
            hashOpened(places)
            for (page, place) in zip(missing, places) { try check(page, place) }
        } catch {
            for place in places { cache.free(place) }
            throw error
        }
        for (page, place) in zip(missing, places) {
            cache.pages[place].isStored = true
            cache.link(place, below: page.parent, page.slot)
        }
        return places
    }

    private func check(_ page: MissingPage, _ place: Int) throws(StateUnavailable) {
        guard cache.digest(of: 1, in: place) == cache.digest(of: 16 + page.slot, in: page.parent) else {
            throw StateUnavailable("the state tree's page at \(page.position.bytes.hexadecimal) is not the one it had")
        }
    }

    private mutating func hashOpened(_ places: [Int]) {
        cache.hash(places, in: suite)
        for place in places { cache.pages[place].changed = 0 }
    }

    /// Decodes a stored page; nil if there is none.
    private func read(
        _ position: TreePosition, _ source: any TreePageSource
    ) throws(StateUnavailable) -> TreePage? {
        guard let bytes = try source.page(at: position) else { return nil }
        do throws(CodingError) {
            return try TreePage(canonicalBytes: bytes, at: position)
        } catch {
            throw StateUnavailable("the state tree's page at \(position.bytes.hexadecimal) is damaged: \(error)")
        }
    }
}
