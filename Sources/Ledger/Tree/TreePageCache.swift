/// Pages in memory, linked as they are in the tree, so that a way down needs no look-ups.
///
/// Time is cut into generations. A page in use is of the present one, and so are then those above it; so when a
/// generation ends, the pages of older ones go without leaving any that is still below them.
struct TreePageCache: Sendable {
    private struct Links: Sendable {
        /// Where the page below each slot stands in the cache, or 0 where it is not there.
        var below: [16 of UInt32] = .init(repeating: 0)
        var generation: UInt64 = 0
    }

    /// The pages by their places; place 0 is the root's, place 1 and above are others' or free.
    var pages: [TreePage] = [TreePage()]
    private var links: [Links] = [Links()]
    private var freePlaces: [UInt32] = []
    private var generation: UInt64 = 1
    private var generationCount = 0
    private let generationCountMax: Int
    private(set) var hasRoot = false

    static let rootPlace = 0

    init(countMax: Int) { generationCountMax = countMax / 2 }

    mutating func setRoot(_ page: TreePage) {
        pages[Self.rootPlace] = page
        hasRoot = true
    }

    /// The place of the page below a slot, or nil if it is not in the cache.
    mutating func place(below parent: Int, _ slot: Int) -> Int? {
        let place = Int(links[parent].below[slot])
        guard place != 0 else { return nil }
        if links[place].generation != generation {
            links[place].generation = generation
            generationCount += 1
        }
        return place
    }

    mutating func insert(_ page: TreePage, below parent: Int, _ slot: Int) -> Int {
        let place = freePlaces.popLast().map { Int($0) } ?? pages.count
        if place == pages.count {
            pages.append(TreePage())
            links.append(Links())
        }
        pages[place] = page
        links[place].generation = generation
        generationCount += 1
        links[parent].below[slot] = UInt32(place)
        return place
    }

    /// Forgets the page below a slot, which has none below itself.
    mutating func remove(below parent: Int, _ slot: Int) {
        let place = links[parent].below[slot]
        links[parent].below[slot] = 0
        free(place)
    }

    private mutating func free(_ place: UInt32) {
        pages[Int(place)] = TreePage()
        links[Int(place)] = Links()
        freePlaces.append(place)
    }

    mutating func removeAll() { self = TreePageCache(countMax: 2 * generationCountMax) }

    /// Makes room between two uses of the tree: if the present generation is large enough, older pages go.
    mutating func trim() {
        guard generationCount > generationCountMax else { return }
        for place in pages.indices {
            for slot in 0..<16 where links[place].below[slot] != 0 {
                let below = Int(links[place].below[slot])
                if links[below].generation < generation { links[place].below[slot] = 0 }
            }
        }
        for place in pages.indices.dropFirst() where (1..<generation).contains(links[place].generation) {
            free(UInt32(place))
        }
        generation += 1
        generationCount = 0
    }
}
