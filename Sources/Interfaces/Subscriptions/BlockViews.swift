internal import Ledger
internal import Node

/// The blocks that the publisher looked at last, with their indexes: those who follow the chain ask for the same ones.
struct BlockViews {
    private let node: Node
    /// The one that was asked for longest ago first.
    private var views: [BlockView] = []

    init(node: Node) { self.node = node }

    /// A committed block; nil if the node does not hold it.
    mutating func view(at height: UInt64) throws(QuestionError) -> BlockView? {
        if let index = views.lastIndex(where: { $0.height == height }) {
            if index < views.count - 1 { views.append(views.remove(at: index)) }
            return views[views.count - 1]
        }
        guard let block = try node.block(at: height) else { return nil }
        let view = BlockView(block)
        views.append(view)
        var count = views.reduce(0) { $0 + $1.transactionCount }
        while views.count > 1,
            views.count > SubscriptionLimits.viewsMax || count > SubscriptionLimits.viewTransactionsMax
        {
            count -= views.removeFirst().transactionCount
        }
        return view
    }
}
