internal import Cryptography
internal import Primitives

/// The tree of a large state lies all over the memory, which takes longer to answer than a hash takes. So what an update
/// needs is asked for some steps before it is used.
extension TreePageCache {
    /// How many steps: enough for the memory to answer, few enough that the answers stay in the cache.
    static let stepsAhead = 12

    func readAhead(_ place: Int) { Cryptography.readAhead(pages.span, place..<place + 1) }

    func readAhead(linksOf place: Int) {
        let start = Int(pages[place].links)
        Cryptography.readAhead(links.span, start..<start + 1)
    }

    /// Asks for a slot's digests.
    func readAhead(_ slot: Int, in place: Int) {
        let shape = pages[place].shape
        readAhead(digests: Int(pages[place].start) + shape.place(ofSlot: slot), shape.digestCount(ofSlot: slot))
    }

    /// Asks for the digest of a page's top, which is the first if there is any.
    func readAhead(topOf place: Int) {
        readAhead(digests: Int(pages[place].start), min(pages[place].shape.digestCount, 1))
    }

    /// Asks for all digests of a page.
    func readAhead(rowOf place: Int) { readAhead(digests: Int(pages[place].start), pages[place].shape.digestCount) }

    /// Asks for what a node is the hash of.
    func readAhead(_ node: NodeToHash) {
        if node.right == node.left + 1 { return readAhead(digests: Int(node.left), 2) }
        readAhead(digests: Int(node.left), 1)
        readAhead(digests: Int(node.right), 1)
    }

    private func readAhead(digests start: Int, _ count: Int) {
        Cryptography.readAhead(blocks.digests.span, start..<start + count)
    }
}
