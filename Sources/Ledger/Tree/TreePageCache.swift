internal import Primitives

/// Pages in memory, linked as they are in the tree, so that a way down needs no look-ups.
///
/// Time is cut into generations. A page in use is of the present one, and so are then those above it; so when a
/// generation ends, the pages of older ones go without leaving any that is still below them. A page that its source
/// does not hold as it is now stays; the pages above such a page have changed with it, so they stay too.
struct TreePageCache: Sendable {
    /// What is asked of a page first, in half a line of the processor's cache.
    struct Page: Sendable {
        var shape = TreePageShape.empty
        /// The slots that have changed since the page was last hashed: what is stale by that are the leaves' own
        /// digests and those of the nodes above.
        var changed: UInt16 = 0
        /// The epoch of the tree in which the page became other than what the source holds; 0 if it is that.
        var changeEpoch: UInt32 = 0
        /// Whether the source holds a page at this position.
        var isStored = false
        /// The slot that the page is below, and where the page above stands in the cache.
        fileprivate(set) var (slot, parent): (UInt8, UInt32) = (0, 0)
        /// Where the page's row of digests begins.
        fileprivate(set) var start: UInt32 = 0
        /// Where the page's links stand, or 0 if it has none.
        fileprivate(set) var links: UInt32 = 0
        fileprivate var generation: UInt32 = 0
    }

    /// Where the page below each slot stands in the cache, or 0 where it is not there.
    typealias Links = [16 of UInt32]

    /// The pages by their places; place 0 is the root's, place 1 and above are others' or free.
    var pages: [Page] = [Page()]
    var blocks = DigestBlocks()
    var bench = HashingBench()
    /// The links of the pages that have some. The first are nobody's and stay empty.
    private(set) var links = [Links(repeating: 0)]
    private var (freePlaces, freeLinks): ([UInt32], [UInt32]) = ([], [])
    private var generation: UInt32 = 1
    private var generationCount = 0
    private let generationCountMax: Int
    private(set) var hasRoot = false

    static let rootPlace = 0

    init(countMax: Int) { generationCountMax = countMax / 2 }

    /// The place of the page below a slot, or nil if it is not in the cache.
    func place(below page: Page, _ slot: Int) -> Int? {
        let place = placeOrZero(below: page, slot)
        return place == 0 ? nil : place
    }

    /// The same with 0 for nil, so that nothing waits for the answer.
    func placeOrZero(below page: Page, _ slot: Int) -> Int { Int(links[Int(page.links)][slot]) }

    /// Notes that a page is in use.
    mutating func use(_ place: Int) {
        guard pages[place].generation != generation else { return }
        pages[place].generation = generation
        generationCount += 1
    }

    mutating func setRoot(_ page: TreePage) {
        fill(Self.rootPlace, page)
        hasRoot = true
    }

    /// Adds a page that is not yet below another.
    mutating func insert(_ page: TreePage) -> Int {
        let place = freePlaces.popLast().map { Int($0) } ?? pages.count
        if place == pages.count { pages.append(Page()) }
        pages[place].generation = generation
        generationCount += 1
        fill(place, page)
        return place
    }

    private mutating func fill(_ place: Int, _ page: TreePage) {
        let start = blocks.allocate(page.digests.count)
        for (index, digest) in page.digests.enumerated() { blocks.digests[Int(start) + index] = digest }
        pages[place].shape = page.shape
        pages[place].changed = page.shape.filled
        pages[place].start = start
    }

    mutating func link(_ place: Int, below parent: Int, _ slot: Int) {
        if pages[parent].links == 0 {
            pages[parent].links = freeLinks.popLast() ?? UInt32(links.count)
            if links.count == Int(pages[parent].links) { links.append(Links(repeating: 0)) }
        }
        links[Int(pages[parent].links)][slot] = UInt32(place)
        (pages[place].parent, pages[place].slot) = (UInt32(parent), UInt8(slot))
    }

    /// Which page stands at a place.
    func position(of place: Int) -> TreePosition {
        guard place != Self.rootPlace else { return .root }
        return position(of: Int(pages[place].parent)).child(Int(pages[place].slot))
    }

    /// Forgets the page below a slot, which has none below itself.
    mutating func remove(below parent: Int, _ slot: Int) {
        let place = Int(links[Int(pages[parent].links)][slot])
        links[Int(pages[parent].links)][slot] = 0
        free(place)
    }

    /// Forgets a page that is below no other.
    mutating func free(_ place: Int) {
        blocks.release(pages[place].start, pages[place].shape.digestCount)
        if pages[place].links != 0 {
            links[Int(pages[place].links)] = Links(repeating: 0)
            freeLinks.append(pages[place].links)
        }
        pages[place] = Page()
        freePlaces.append(UInt32(place))
    }

    /// Gives a page another shape. The digests of slots and inner nodes that both shapes have stay, the others are
    /// whatever was there.
    mutating func reshape(_ place: Int, _ shape: TreePageShape) {
        let old = pages[place].shape
        let (from, to) = (Int(pages[place].start), Int(blocks.allocate(shape.digestCount)))
        for node in (old.hashed & shape.hashed & 0xFFFF).setBits {
            blocks.digests[to + shape.place(ofInner: node)] = blocks.digests[from + old.place(ofInner: node)]
        }
        for slot in (old.leaves & shape.leaves | old.tops & shape.tops).setBits {
            let (source, target) = (from + old.place(ofSlot: slot), to + shape.place(ofSlot: slot))
            for index in 0..<old.digestCount(ofSlot: slot) {
                blocks.digests[target + index] = blocks.digests[source + index]
            }
        }
        blocks.release(UInt32(from), old.digestCount)
        pages[place].start = UInt32(to)
        pages[place].shape = shape
    }

    /// Makes room between two uses of the tree: if the present generation is large enough, older pages go.
    mutating func trim() {
        guard generationCount > generationCountMax else { return }
        for index in links.indices {
            for slot in 0..<16 where isOld(Int(links[index][slot])) { links[index][slot] = 0 }
        }
        for place in pages.indices.dropFirst() where isOld(place) { free(place) }
        generation &+= 1
        generationCount = 0
    }

    /// Generation 0 is that of free places.
    private func isOld(_ place: Int) -> Bool {
        pages[place].generation != generation && pages[place].generation != 0 && pages[place].changeEpoch == 0
    }
}
