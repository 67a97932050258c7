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

/// A page that an update wrote (with its bytes) or removed (nil).
package struct PageChange: Hashable, Sendable {
    package let position: TreePosition
    package let bytes: [UInt8]?
}

/// The commitment to the state: a binary sparse Merkle tree over the hashes of keys, compacted as Jellyfish's
/// (Gao, Hu and Wu 2021), stored in pages of four levels.
///
/// Only the newest version is kept. The tree writes nothing: an update gives back the pages that it changed, and the
/// source must give those from then on. A page that does not hash to what the page above says is not used.
package struct StateTree: Sendable {
    private let suite: Suite
    private var cache: TreePageCache

    /// A tree whose pages come from the source of each call. About `cachedPagesMax` pages stay decoded in memory, and
    /// at least those that the last call has used.
    package init(suite: Suite, cachedPagesMax: Int) {
        self.suite = suite
        cache = TreePageCache(countMax: cachedPagesMax)
    }

    /// The root: the zero digest for the empty tree.
    package mutating func root(from source: any TreePageSource) throws(StateUnavailable) -> Digest {
        let place = try openRoot(source)
        return cache.pages[place].digest(of: 1)
    }

    /// The proof of what stands at a path, presence or absence.
    package mutating func proof(
        for path: Digest, from source: any TreePageSource
    ) throws(StateUnavailable) -> StateProof {
        defer { cache.trim() }
        var siblings: [Digest] = []
        var position = TreePosition.root
        var place = try openRoot(source)
        while true {
            let slot = path.nibble(at: position.depth)
            let page = cache.pages[place]
            let node = page.descend(to: slot, collecting: &siblings)
            guard page.isInner(node) else { return StateProof(leaf: page.onlyLeaf(below: node), siblings: siblings) }
            position = position.child(slot)
            place = try open(position, below: place, slot, source)
        }
    }
}

extension TreePage {
    /// The lowest node on the way down to a slot that is not under a lone leaf or nothing; collects the siblings of
    /// the way.
    fileprivate func descend(to slot: Int, collecting siblings: inout [Digest]) -> Int {
        var node = 1
        for level in 1...4 where isInner(node) {
            node = (16 + slot) >> (4 - level)
            siblings.append(digest(of: node ^ 1))
        }
        return node
    }
}

// MARK: - Updates

/// A page at or below which an update has changes.
private struct OpenPage {
    let position: TreePosition
    /// Its place in the cache, and that of the page above.
    let place, parentPlace: Int
    /// Whether the source has the page.
    let isStored: Bool
    /// Which of the update's changes belong at or below the page.
    let changes: Range<Int>

    var slotInParent: Int { position.prefix.nibble(at: position.depth - 1) }
}

extension StateTree {
    /// Applies changes, which must be ascending by path with no path twice, and gives back the new root and the
    /// changed pages, each after those below it. An update that fails has no effect.
    package mutating func update(
        _ changes: [LeafChange], from source: any TreePageSource
    ) throws(StateUnavailable) -> (root: Digest, pages: [PageChange]) {
        precondition(zip(changes, changes.dropFirst()).allSatisfy { $0.path < $1.path })
        do throws(StateUnavailable) {
            let root = OpenPage(
                position: .root, place: try openRoot(source), parentPlace: 0, isStored: true,
                changes: 0..<changes.count)
            var pages: [PageChange] = []
            try update([root], with: changes, source, &pages)
            cache.trim()
            return (cache.pages[root.place].digest(of: 1), pages)
        } catch {
            // Changes have already been made to pages in the cache.
            cache.removeAll()
            throw error
        }
    }

    /// How many pages of a level are worked on together: enough to have many independent hashes at hand, few enough
    /// that they are still in the processor's caches when it comes back to them.
    private static let pagesTogetherMax = 64

    /// Applies the changes at and below pages of one level, hashes the pages, hands each one's top to the page above,
    /// and adds those that changed to `pages`.
    private mutating func update(
        _ level: [OpenPage], with changes: [LeafChange], _ source: any TreePageSource, _ pages: inout [PageChange]
    ) throws(StateUnavailable) {
        var rest = level[...]
        while !rest.isEmpty {
            let together = rest.prefix(Self.pagesTogetherMax)
            rest = rest.dropFirst(together.count)
            try update(try openBelow(together, changes, source), with: changes, source, &pages)
            cache.hash(together.map(\.place), in: suite)
            for open in together { close(open, &pages) }
        }
    }

    /// Applies to pages of a level the changes that need no page below, and opens the pages for the others.
    private mutating func openBelow(
        _ level: ArraySlice<OpenPage>, _ changes: [LeafChange], _ source: any TreePageSource
    ) throws(StateUnavailable) -> [OpenPage] {
        var below: [OpenPage] = []
        for open in level {
            var rest = open.changes
            while let first = rest.first {
                let slot = changes[first].path.nibble(at: open.position.depth)
                let run = rest.prefix { changes[$0].path.nibble(at: open.position.depth) == slot }
                rest = run.upperBound..<rest.upperBound
                if run.count == 1, cache.pages[open.place].apply(changes[first], at: slot) { continue }
                below.append(try self.open(slot, of: open, run, source))
            }
        }
        return below
    }

    /// Opens the page below a slot; if there is none, a new one, into which the slot's leaf moves down.
    private mutating func open(
        _ slot: Int, of parent: OpenPage, _ changes: Range<Int>, _ source: any TreePageSource
    ) throws(StateUnavailable) -> OpenPage {
        let position = parent.position.child(slot)
        let isStored = cache.pages[parent.place].isTop(slot)
        let place: Int
        if isStored {
            place = try open(position, below: parent.place, slot, source)
        } else {
            var page = TreePage()
            if let leaf = cache.pages[parent.place].onlyLeaf(below: 16 + slot) {
                page.setLeaf(leaf.path.nibble(at: position.depth), leaf)
            }
            place = cache.insert(page, below: parent.place, slot)
        }
        return OpenPage(
            position: position, place: place, parentPlace: parent.place, isStored: isStored, changes: changes)
    }

    /// A page of less than two leaves, but for the root's, goes; its leaf moves up.
    private mutating func close(_ open: OpenPage, _ pages: inout [PageChange]) {
        let isRoot = open.position.depth == 0
        let isKept = isRoot || !cache.pages[open.place].isLessThanTwoLeaves
        if isKept ? cache.pages[open.place].changed != 0 : open.isStored {
            let bytes = isKept ? cache.pages[open.place].canonicalBytes : nil
            pages.append(PageChange(position: open.position, bytes: bytes))
        }
        cache.pages[open.place].markHashed()
        guard !isRoot else { return }
        let slot = open.slotInParent
        if isKept {
            cache.pages[open.parentPlace].setTop(slot, cache.pages[open.place].digest(of: 1))
        } else {
            cache.pages[open.parentPlace].setLeaf(slot, cache.pages[open.place].onlyLeaf(below: 1))
            cache.remove(below: open.parentPlace, slot)
        }
    }
}

// MARK: - Reading pages

extension StateTree {
    private mutating func openRoot(_ source: any TreePageSource) throws(StateUnavailable) -> Int {
        if !cache.hasRoot { cache.setRoot(try read(.root, source) ?? TreePage()) }
        return TreePageCache.rootPlace
    }

    /// The place of a page that the one above has in a slot.
    private mutating func open(
        _ position: TreePosition, below parent: Int, _ slot: Int, _ source: any TreePageSource
    ) throws(StateUnavailable) -> Int {
        if let place = cache.place(below: parent, slot) { return place }
        guard let page = try read(position, source) else {
            throw StateUnavailable("the state tree lacks its page at \(position.bytes.hexadecimal)")
        }
        guard page.digest(of: 1) == cache.pages[parent].digest(of: 16 + slot) else {
            throw StateUnavailable("the state tree's page at \(position.bytes.hexadecimal) is not the one it had")
        }
        return cache.insert(page, below: parent, slot)
    }

    /// Decodes and hashes a stored page; nil if there is none.
    private func read(
        _ position: TreePosition, _ source: any TreePageSource
    ) throws(StateUnavailable) -> TreePage? {
        guard let bytes = try source.page(at: position) else { return nil }
        do throws(CodingError) {
            var page = try TreePage(canonicalBytes: bytes, at: position)
            page.hash(in: suite)
            return page
        } catch {
            throw StateUnavailable("the state tree's page at \(position.bytes.hexadecimal) is damaged: \(error)")
        }
    }
}
