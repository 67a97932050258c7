internal import Ledger
internal import Replica
internal import Storage

// Before it is a node: from an empty disk, or one on which joining has begun.
extension ReplicaProcess {
    /// Whether it joins first. What a joining has left for the journal goes there.
    func beginJoining(_ newest: Invitation, plant: JoinerPlant?) throws -> Bool {
        let group = chain.genesis.group
        switch try JoiningDisk.standing(of: group, disk: disk, store: store) {
        case .none: guard joins else { return false }
        case .underWay: break
        case .whole(let record):
            try settle(record)
            return false
        }
        // It keeps the one that it came with.
        let invitation = invitation ?? newest
        self.invitation = invitation
        joiner = Joiner(
            JoinerStart(
                genesis: chain.genesis, invitation: invitation, nodeCount: chain.directory.count, own: UInt32(place)),
            plant: plant)
        joining = JoiningDisk(
            genesis: chain.genesis, disk: disk, store: store, segmentBytes: Self.segmentBytes, batchByteCount: 5000)
        isUp = true
        return true
    }

    /// Does what belongs to the disk, and gives what the joiner is to be told.
    func performJoining(_ effect: JoinerEffect) throws(JoiningError) -> JoinerInput? { try joining?.perform(effect) }

    /// Makes a node of what was fetched. It is started anew.
    func finishJoining(_ state: JoinedState) throws {
        guard let record = try joining?.finish(state) else { return }
        try settle(record)
    }

    private func settle(_ record: ReplicaRecord) throws {
        let journal = try Journal.open(disk: disk, segmentBytes: Self.segmentBytes).journal
        _ = try journal.append(
            JournalRecord(group: chain.genesis.group, kind: record.kind, payload: record.payload))
        try journal.sync()
        try JoiningDisk.settle(chain.genesis.group, disk: disk)
        joins = false
    }

    /// What those who join are told, as far as it has that.
    func answer(_ question: ReplicaMessage) throws(JoiningError) -> ReplicaMessage? {
        guard let log, let state else { return nil }
        return try shelf?.answer(question, log: log, state: state)
    }

    /// How far back its log goes.
    var loggedHeights: ClosedRange<UInt64>? { log?.heights }
}
