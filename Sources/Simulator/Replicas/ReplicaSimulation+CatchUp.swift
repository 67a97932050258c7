internal import Ledger
internal import Replica

// How long it takes until those who are behind hold what others held.
extension ReplicaSimulation {
    /// From now on nothing goes wrong any more: what an honest node has certified another one that is behind must have
    /// in time. What it is executing already takes so long.
    func beginCatchUp(_ process: ReplicaProcess, executing: UInt64) {
        let height = min(newestCertified, checker.height)
        // An old copy that nobody has found out counts as a liar.
        guard process.isHonest, process.isUp, process.putBackCount == 0, process.loggedHeight < height else { return }
        let own = max(process.loggedHeight, process.replica?.certifiedHeight ?? 0)
        let epoch = checker.statements[Int(height) - 1].epoch
        let blockCount = height - min(height, own)
        let epochCount = epoch - min(epoch, process.replica?.epoch.number ?? 0)
        let bound = CatchUpBound(plan)
        let joins = process.joiner != nil
        let duration = bound.nanoseconds(blockCount: blockCount, epochCount: epochCount, joins: joins)
        catchUp.begin(
            CatchUpChecker.Lag(
                process: process.number, place: process.place, since: nanoseconds, height: height,
                blockCount: blockCount, epochCount: epochCount, joins: joins,
                deadline: nanoseconds + duration + executing))
    }

    /// By any honest node.
    private var newestCertified: UInt64 {
        processes.lazy.filter { $0.isHonest && $0.isUp }
            .map { max($0.loggedHeight, $0.replica?.certifiedHeight ?? 0) }.max() ?? 0
    }

    func checkCatchUp() throws {
        while let late = catchUp.late(at: nanoseconds) {
            guard !processes[late.process].isRetired else {
                catchUp.forget(late.process)
                continue
            }
            throw SimulationFailure(
                .catchUp,
                "\(late.place) was \(late.blockCount) blocks and \(late.epochCount) epochs behind at "
                    + "\(late.since / 1_000_000) ms, and lacks some up to \(late.height) "
                    + "\((nanoseconds - late.since) / 1_000_000) ms later: it has \(processes[late.process].loggedHeight)"
            )
        }
    }
}
