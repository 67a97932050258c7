/// Pages in memory: two generations, so that what is used again survives and the rest goes.
struct TreePageCache: Sendable {
    private let generationCountMax: Int
    private var young: [TreePosition: TreePage] = [:]
    private var old: [TreePosition: TreePage] = [:]

    init(countMax: Int) { generationCountMax = max(1, countMax / 2) }

    func page(at position: TreePosition) -> TreePage? { young[position] ?? old[position] }

    /// Gives a page out of the cache, so that its new owner can change it in place.
    mutating func take(at position: TreePosition) -> TreePage? {
        young.removeValue(forKey: position) ?? old.removeValue(forKey: position)
    }

    mutating func insert(_ page: TreePage, at position: TreePosition) {
        if young.count >= generationCountMax {
            old = young
            young = [:]
        }
        young[position] = page
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
    }
}
