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
/// source must give those from then on.
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
        try page(at: .root, source).node(in: suite).digest
    }

    /// Applies changes, which must be ascending by path with no path twice, and gives back the new root and the
    /// changed pages, those of upper levels last.
    package mutating func update(
        _ changes: [LeafChange], from source: any TreePageSource
    ) throws(StateUnavailable) -> (root: Digest, pages: [PageChange]) {
        precondition(zip(changes, changes.dropFirst()).allSatisfy { $0.path < $1.path })
        var pages: [PageChange] = []
        let slot = try update(.root, .empty, changes[...], source, &pages)
        let root: Digest =
            switch slot {
            case .empty: .zero
            case .leaf(let path, let value): TreeNode.leaf(path: path, value: value, in: suite).digest
            case .inner(let digest): digest
            }
        return (root, pages)
    }

    /// Applies changes at and below a position, and says what stands in the parent's slot now.
    ///
    /// `existing` is the leaf that has stood in that slot, if one has; it moves down into the page.
    private mutating func update(
        _ position: TreePosition, _ existing: TreePage.Slot, _ changes: ArraySlice<LeafChange>,
        _ source: any TreePageSource, _ pages: inout [PageChange]
    ) throws(StateUnavailable) -> TreePage.Slot {
        var page = TreePage()
        let isNew: Bool
        if case .leaf(let path, _) = existing {
            page.slots[path.nibble(at: position.depth)] = existing
            isNew = true
        } else if position.depth > 0, existing == .empty {
            isNew = true
        } else {
            page = try self.page(at: position, source)
            isNew = false
        }
        let before = page
        var rest = changes
        while let first = rest.first {
            let nibble = first.path.nibble(at: position.depth)
            let run = rest.prefix { $0.path.nibble(at: position.depth) == nibble }
            rest = rest.dropFirst(run.count)
            page.slots[nibble] = try updated(page.slots[nibble], by: run, position.child(nibble), source, &pages)
        }
        return store(page, at: position, was: isNew ? nil : before, &pages)
    }

    /// What a slot holds after changes that all belong below it.
    private mutating func updated(
        _ slot: TreePage.Slot, by changes: ArraySlice<LeafChange>, _ child: TreePosition,
        _ source: any TreePageSource, _ pages: inout [PageChange]
    ) throws(StateUnavailable) -> TreePage.Slot {
        guard changes.count == 1, let change = changes.first else {
            return try update(child, slot, changes, source, &pages)
        }
        switch slot {
        case .empty:
            return change.value.map { .leaf(path: change.path, value: $0) } ?? .empty
        case .leaf(let path, _) where path == change.path:
            return change.value.map { .leaf(path: path, value: $0) } ?? .empty
        case .leaf where change.value == nil:
            return slot
        case .leaf, .inner:
            return try update(child, slot, changes, source, &pages)
        }
    }

    /// Records a page if it changed, and says what stands in the parent's slot for it. A page with less than two
    /// leaves, but for the root's, is no page: its leaf moves up.
    private mutating func store(
        _ page: TreePage, at position: TreePosition, was before: TreePage?, _ pages: inout [PageChange]
    ) -> TreePage.Slot {
        let only = page.onlyLeaf
        let isKept = position.depth == 0 || (only == nil && !page.isEmpty)
        if isKept {
            if page != before {
                cache.insert(page, at: position)
                pages.append(PageChange(position: position, bytes: page.canonicalBytes))
            }
        } else if before != nil {
            cache.remove(at: position)
            pages.append(PageChange(position: position, bytes: nil))
        }
        if let only { return only }
        return page.isEmpty ? .empty : .inner(page.node(in: suite).digest)
    }

    private mutating func page(
        at position: TreePosition, _ source: any TreePageSource
    ) throws(StateUnavailable) -> TreePage {
        if let page = cache.page(at: position) { return page }
        guard let bytes = try source.page(at: position) else {
            guard position.depth == 0 else {
                throw StateUnavailable("the state tree lacks its page at \(position.bytes.hexadecimal)")
            }
            return TreePage()
        }
        do throws(CodingError) {
            let page = try TreePage(canonicalBytes: bytes)
            cache.insert(page, at: position)
            return page
        } catch {
            throw StateUnavailable("the state tree's page at \(position.bytes.hexadecimal) is damaged: \(error)")
        }
    }
}

// MARK: - Proofs

extension StateTree {
    /// The proof of what stands at a path, presence or absence.
    package mutating func proof(
        for path: Digest, from source: any TreePageSource
    ) throws(StateUnavailable) -> StateProof {
        var siblings: [Digest] = []
        var position = TreePosition.root
        while true {
            let page = try page(at: position, source)
            let nodes = page.nodes(in: suite)
            let nibble = path.nibble(at: position.depth)
            // Down the page's four levels, until a lone leaf or nothing is left to go into.
            var index = 1
            while index < 16, nodes[index].kind == .inner {
                let child = 2 * index + (nibble >> (3 - index.level) & 1)
                siblings.append(nodes[child ^ 1].digest)
                index = child
            }
            guard nodes[index].kind == .inner else {
                let leaf = page.leaf(below: index)
                return StateProof(leaf: leaf, siblings: siblings)
            }
            position = position.child(nibble)
        }
    }
}

extension TreePage {
    /// The one leaf, if any, in the slots below a node in heap order that is not inner.
    fileprivate func leaf(below index: Int) -> StateProof.Leaf? {
        let width = 16 >> index.level
        let first = index * width - 16
        for slot in slots[first..<first + width] {
            if case .leaf(let path, let value) = slot { return StateProof.Leaf(path: path, value: value) }
        }
        return nil
    }
}

extension Int {
    /// The depth of a node in heap order: 0 for 1, 1 for 2 and 3, and so on.
    fileprivate var level: Int { Int.bitWidth - 1 - leadingZeroBitCount }
}

/// Decoded pages in memory: two generations, so that what is used again survives and the rest goes.
struct TreePageCache: Sendable {
    private let generationCountMax: Int
    private var young: [TreePosition: TreePage] = [:]
    private var old: [TreePosition: TreePage] = [:]

    init(countMax: Int) { generationCountMax = max(1, countMax / 2) }

    mutating func page(at position: TreePosition) -> TreePage? {
        if let page = young[position] { return page }
        guard let page = old.removeValue(forKey: position) else { return nil }
        insert(page, at: position)
        return page
    }

    mutating func insert(_ page: TreePage, at position: TreePosition) {
        if young.count >= generationCountMax {
            old = young
            young = [:]
        }
        young[position] = page
    }

    mutating func remove(at position: TreePosition) {
        young[position] = nil
        old[position] = nil
    }
}
