internal import HTTP
internal import Ledger
internal import Primitives

/// What is made for a connection in one turn.
struct Slice {
    private(set) var messages: [WebSocketMessage] = []
    private var byteCount = 0
    /// How many of the connection's own transactions it settles.
    var settledCount = 0

    var isFull: Bool { byteCount >= SubscriptionLimits.sliceByteCount }
    var room: Int { max(0, SubscriptionLimits.sliceByteCount - byteCount) }

    mutating func append(_ message: WebSocketMessage) {
        messages.append(message)
        byteCount += message.bytes.count
    }
}

/// A subscription as a cursor over blocks: nothing waits for a slow client but this.
struct Subscription {
    let number: SubscriptionNumber
    let kind: SubscriptionKind
    /// The block that comes next.
    var height: UInt64
    /// How much of that block was told already.
    private var offset = 0
    /// Of the connection's own transactions, what that block settles; nil before it was looked at.
    private var settled: (indices: [UInt32], expired: [Digest])?

    init(number: SubscriptionNumber, kind: SubscriptionKind, height: UInt64) {
        self.number = number
        self.kind = kind
        self.height = height
    }

    /// Tells of a block, the one that comes next, as much as the slice has room for.
    mutating func tell(of view: BlockView, _ own: inout OwnTransactions, into slice: inout Slice) {
        switch kind {
        case .blocks:
            slice.append(Notification.message(number, view.headerText))
            finishBlock()
        case .receipts(let account):
            tell(of: view.places(of: account), into: &slice) { Notification.receipt(at: $0, in: view) }
        case .events(let filter):
            tell(of: view.places(of: filter), into: &slice) { Notification.event(at: $0, in: view) }
        case .ownReceipts(let format): tellOwn(of: view, format, &own, into: &slice)
        }
    }

    /// How many of the connection's own transactions are settled and not told of.
    var untoldCount: Int { settled.map { $0.indices.count + $0.expired.count - offset } ?? 0 }

    private mutating func finishBlock() {
        height += 1
        offset = 0
        settled = nil
    }

    private mutating func tell(
        of places: [BlockPlace], into slice: inout Slice, _ show: (BlockPlace) -> [UInt8]
    ) {
        while offset < places.count, !slice.isFull {
            slice.append(Notification.message(number, show(places[offset])))
            offset += 1
        }
        if offset == places.count { finishBlock() }
    }

    // MARK: - The connection's own transactions

    private mutating func tellOwn(
        of view: BlockView, _ format: OwnReceiptsFormat, _ own: inout OwnTransactions, into slice: inout Slice
    ) {
        let (indices, expired) = settled ?? (own.take(in: view), own.takeExpired(at: view.time))
        let count = indices.count + expired.count
        while offset < count, !slice.isFull {
            let before = offset
            switch format {
            case .binary: tellFrame(of: view, indices, expired, into: &slice)
            case .json: tellOne(of: view, indices, expired, into: &slice)
            }
            slice.settledCount += offset - before
        }
        if offset == count { finishBlock() } else { settled = (indices, expired) }
    }

    private mutating func tellOne(
        of view: BlockView, _ indices: [UInt32], _ expired: [Digest], into slice: inout Slice
    ) {
        let result =
            offset < indices.count
            ? Notification.receipt(at: BlockPlace(Int(indices[offset])), in: view)
            : Notification.expired(expired[offset - indices.count], in: view)
        slice.append(Notification.message(number, result))
        offset += 1
    }

    /// One message with as many receipts, and then expired ones, as the slice has room for; one at least.
    private mutating func tellFrame(
        of view: BlockView, _ indices: [UInt32], _ expired: [Digest], into slice: inout Slice
    ) {
        var room = slice.room
        let first = offset
        while offset < indices.count, room > 0 {
            room -= view.block.receipts.range(at: Int(indices[offset])).count
            offset += 1
        }
        let told = indices[min(first, indices.count)..<min(offset, indices.count)]
        let start = max(0, offset - indices.count)
        let end = offset < indices.count ? start : min(expired.count, start + LedgerLimits.bulkExpiredMax)
        offset += end - start
        slice.append(.binary(BulkReply.codedReceipts(of: view.block, at: told, expired: expired[start..<end])))
    }
}
