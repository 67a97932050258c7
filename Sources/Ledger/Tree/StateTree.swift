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

    /// A tree whose pages come from the source of each call. At most `cachedPagesMax` pages stay decoded in memory.
    package init(suite: Suite, cachedPagesMax: Int) {
        self.suite = suite
        cache = TreePageCache(countMax: cachedPagesMax)
    }

    /// The root: the zero digest for the empty tree.
    package mutating func root(from source: any TreePageSource) throws(StateUnavailable) -> Digest {
        try page(at: .root, digest: nil, source).digest(of: 1)
    }

    /// The proof of what stands at a path, presence or absence.
    package mutating func proof(
        for path: Digest, from source: any TreePageSource
    ) throws(StateUnavailable) -> StateProof {
        var siblings: [Digest] = []
        var position = TreePosition.root
        var page = try page(at: .root, digest: nil, source)
        while true {
            let slot = path.nibble(at: position.depth)
            // Down the page's four levels, until a lone leaf or nothing is left to go into.
            var node = 1
            while node < 16, page.isInner(node) {
                let below = (16 + slot) >> (node.leadingZeroBitCount - (Int.bitWidth - 4))
                siblings.append(page.digest(of: below ^ 1))
                node = below
            }
            guard page.isInner(node) else { return StateProof(leaf: page.onlyLeaf(below: node), siblings: siblings) }
            position = position.child(slot)
            page = try self.page(at: position, digest: page.digest(of: node), source)
        }
    }
}

// MARK: - Updates

extension StateTree {
    /// Applies changes, which must be ascending by path with no path twice, and gives back the new root and the
    /// changed pages, those of lower levels first. An update that fails has no effect.
    package mutating func update(
        _ changes: [LeafChange], from source: any TreePageSource
    ) throws(StateUnavailable) -> (root: Digest, pages: [PageChange]) {
        precondition(zip(changes, changes.dropFirst()).allSatisfy { $0.path < $1.path })
        do throws(StateUnavailable) {
            var levels = [[try open(.root, digest: nil, parent: -1, 0..<changes.count, source)]]
            while let next = try openBelow(&levels[levels.count - 1], changes, source) { levels.append(next) }
            return close(&levels)
        } catch {
            // Pages that were opened are not in the cache now.
            cache.removeAll()
            throw error
        }
    }

    /// Applies to the pages of a level the changes that need no page below, and opens the pages for the others; nil
    /// if there are none.
    private mutating func openBelow(
        _ level: inout [OpenPage], _ changes: [LeafChange], _ source: any TreePageSource
    ) throws(StateUnavailable) -> [OpenPage]? {
        var below: [OpenPage] = []
        for index in level.indices {
            let depth = level[index].position.depth
            var rest = level[index].changes
            while let first = rest.first {
                let slot = changes[first].path.nibble(at: depth)
                let run = first..<(rest.first { changes[$0].path.nibble(at: depth) != slot } ?? rest.upperBound)
                rest = run.upperBound..<rest.upperBound
                if run.count == 1, level[index].apply(changes[first], at: slot) { continue }
                below.append(try open(slot, of: level[index], at: index, run, source))
            }
        }
        return below.isEmpty ? nil : below
    }

    /// Opens the page below a slot; if there is none, a new one, into which the slot's leaf moves down.
    private mutating func open(
        _ slot: Int, of parent: OpenPage, at index: Int, _ changes: Range<Int>, _ source: any TreePageSource
    ) throws(StateUnavailable) -> OpenPage {
        let position = parent.position.child(slot)
        if parent.page.isTop(slot) {
            return try open(position, digest: parent.page.digest(of: 16 + slot), parent: index, changes, source)
        }
        var new = OpenPage(position: position, isStored: false, parent: index, changes: changes)
        if parent.page.isLeaf(slot) {
            let leaf = parent.page.leaf(slot)
            new.setLeaf(leaf.path.nibble(at: position.depth), leaf)
        }
        return new
    }

    private mutating func open(
        _ position: TreePosition, digest: Digest?, parent: Int, _ changes: Range<Int>, _ source: any TreePageSource
    ) throws(StateUnavailable) -> OpenPage {
        var open = OpenPage(position: position, isStored: true, parent: parent, changes: changes)
        if let page = cache.take(at: position) {
            open.page = page
        } else {
            open.page = try read(position, digest: digest, source)
        }
        return open
    }

    /// Hashes the open pages from the lowest level up, hands each one's top to the page above, and gives back the
    /// root and what changed. Pages of less than two leaves go; their leaf moves up.
    private mutating func close(_ levels: inout [[OpenPage]]) -> (root: Digest, pages: [PageChange]) {
        var pages: [PageChange] = []
        var root = Digest.zero
        while var level = levels.popLast() {
            OpenPage.hash(&level, in: suite)
            for open in level {
                if open.position == .root {
                    root = open.page.digest(of: 1)
                } else {
                    levels[levels.count - 1][open.parent].take(open)
                }
                let isKept = open.position == .root || !open.page.isLessThanTwoLeaves
                if isKept { cache.insert(open.page, at: open.position) }
                guard isKept ? open.changed != 0 : open.isStored else { continue }
                pages.append(
                    PageChange(position: open.position, bytes: isKept ? open.page.canonicalBytes : nil))
            }
        }
        return (root, pages)
    }
}

extension OpenPage {
    /// Puts what a page below has become into its slot.
    fileprivate mutating func take(_ below: OpenPage) {
        if !below.page.isLessThanTwoLeaves {
            setTop(below.slotInParent, below.page.digest(of: 1))
        } else if let leaf = below.page.onlyLeaf(below: 1) {
            setLeaf(below.slotInParent, leaf)
        } else {
            clear(below.slotInParent)
        }
    }
}

// MARK: - Reading pages

extension StateTree {
    private mutating func page(
        at position: TreePosition, digest: Digest?, _ source: any TreePageSource
    ) throws(StateUnavailable) -> TreePage {
        if let page = cache.page(at: position) { return page }
        let page = try read(position, digest: digest, source)
        cache.insert(page, at: position)
        return page
    }

    /// Decodes and hashes a stored page, whose top must have the digest that the page above says.
    private func read(
        _ position: TreePosition, digest: Digest?, _ source: any TreePageSource
    ) throws(StateUnavailable) -> TreePage {
        guard let bytes = try source.page(at: position) else {
            if position == .root { return TreePage() }
            throw StateUnavailable("the state tree lacks its page at \(position.bytes.hexadecimal)")
        }
        var open = OpenPage(position: position, isStored: true, parent: -1, changes: 0..<0)
        do throws(CodingError) {
            open.page = try TreePage(canonicalBytes: bytes, at: position)
        } catch {
            throw StateUnavailable("the state tree's page at \(position.bytes.hexadecimal) is damaged: \(error)")
        }
        open.markAllChanged()
        var pages = [open]
        OpenPage.hash(&pages, in: suite)
        guard digest == nil || pages[0].page.digest(of: 1) == digest else {
            throw StateUnavailable("the state tree's page at \(position.bytes.hexadecimal) is not the one it had")
        }
        return pages[0].page
    }
}
