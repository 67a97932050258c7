/// What a lying orderer does. One may do several of these.
package enum Actor: String, Sendable, CaseIterable {
    /// Runs two engines under one key, each of which talks to a part of the others.
    case equivocator
    /// When it leads, proposes its own blocks, whatever the others are locked on.
    case usurper
    /// Leaves out messages, by kind or by whom they are for.
    case withholder
    /// Leaves some clients' commands out of what it proposes.
    case censor
    /// Sends so late that others nearly give up.
    case delayer
    /// Comes back from every crash without what it had promised.
    case amnesiac
    /// Sends what it sent long ago again, to anybody.
    case replayer
    /// Sends messages with bits flipped beside the right ones.
    case mutator
    /// Calls everything valid, and proposes what no client asked for.
    case vouchesForGarbage
    /// Gives those who lack blocks, or join, what is false, stale or nothing.
    case lyingSynchroniser
    /// Has the keys of epochs that have ended, and writes another history with them for those who join.
    case oldKeys

    /// What matters where epochs change.
    static let ofEpochs: [Actor] = [.lyingSynchroniser, .oldKeys]
}
