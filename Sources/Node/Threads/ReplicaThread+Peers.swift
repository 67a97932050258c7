internal import Ledger
internal import Primitives
internal import Replica

// Whom the node talks with, as the chain's members change.
extension ReplicaThread {
    /// The members are these now.
    func take(_ membership: Membership, _ now: ClockReading) {
        self.membership = membership
        updateRoster(now)
    }

    /// Members or epoch are others than before.
    func updateRoster(_ now: ClockReading) {
        guard let membership, let peers = parts.peers else { return }
        var roster = peers.roster
        let epoch = replica.epoch
        guard roster.update(membership, by: Set(epoch.orderers + epoch.certifiers), at: now.monotonic) else { return }
        // First the replica, which must know whoever is connected.
        run(.directory(roster.directory), now)
        apply(roster)
    }

    /// Lets go of those who have left, and of those whose certificates have ended.
    func lookAtPeers(_ now: ClockReading) {
        guard let peers = parts.peers, now.monotonic >= nextLook else { return }
        nextLook = now.monotonic.advanced(byMilliseconds: NodeLimits.rosterLookMilliseconds)
        var roster = peers.roster
        if roster.expire(at: now.monotonic) { apply(roster) } else { peers.judgeAgain() }
    }

    private func apply(_ roster: PeerRoster) {
        do throws(NodeError) { try parts.peers?.update(roster) } catch { threads.fail(error) }
    }
}
