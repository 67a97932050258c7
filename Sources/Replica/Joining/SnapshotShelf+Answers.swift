internal import Contracts
internal import Cryptography
package import Ledger
internal import Primitives
internal import Storage

// What those who join are told: from the shelf, the block log, and the state.
extension SnapshotShelf {
    /// The answer to a message of somebody who joins; nil for any other, and where there is nothing to say. The log's
    /// blocks that are durable count; the state must be one after these. What it costs is bounded by the answer: reading
    /// that, and for each hand-over a few dozen heads of blocks.
    package func answer(
        _ message: ReplicaMessage, log: some BlockSource, state: any StateView
    ) throws(JoiningError) -> ReplicaMessage? {
        switch message {
        case .fetchHandOvers(let first): .handOvers(try handOvers(from: first, log, state))
        case .fetchOffer: .offer(offer(log))
        case .fetchManifest(let height):
            // Who asks for what is not there any more is told what is.
            kept.first { $0.height == height }.map {
                .manifest(height: height, $0.snapshot.manifest.canonicalBytes)
            } ?? .offer(offer(log))
        case .fetchChunk(let height, let index): try chunk(index, of: height) ?? .offer(offer(log))
        case .fetchTail(let height): .tail(try tail(from: height, log))
        default: nil
        }
    }

    private func offer(_ log: some BlockSource) -> SnapshotOffer {
        var offered: OfferedSnapshot?
        if let newest = kept.last, let oldest = kept.first {
            offered = OfferedSnapshot(
                certificate: newest.certificate, manifest: newest.snapshot.manifest.digest(in: genesis.suite),
                oldest: oldest.height)
        }
        return SnapshotOffer(loggedHeight: log.durableHeight ?? 0, snapshot: offered)
    }

    private func chunk(_ index: UInt32, of height: UInt64) throws(JoiningError) -> ReplicaMessage? {
        guard let kept = kept.first(where: { $0.height == height }) else { return nil }
        do throws(SnapshotError) {
            return try kept.snapshot.chunk(at: index).map { .chunk(height: height, index: index, $0) }
        } catch { throw .snapshot(error) }
    }

    // MARK: Blocks

    private func tail(from height: UInt64, _ log: some BlockSource) throws(JoiningError) -> FetchedTail {
        var blocks: [TailBlock] = []
        var (next, byteCount) = (height, 0)
        while blocks.count < ReplicaLimits.servedTailBlocksMax, next > 0, next <= log.durableHeight ?? 0 {
            let committed: CommittedBlock?
            do throws(BlockRecordError) { committed = try log.block(at: next, in: genesis.suite) } catch {
                throw .block(height: next, error)
            }
            guard let committed else { break }
            let block = TailBlock(committed.certified)
            byteCount += block.byteCount
            guard blocks.isEmpty || byteCount <= ReplicaLimits.servedBlocksByteCountMax else { break }
            blocks.append(block)
            next -= 1
        }
        return FetchedTail(height: height, blocks: blocks)
    }

    // MARK: Epochs

    private func handOvers(
        from first: UInt64, _ log: some BlockSource, _ state: any StateView
    ) throws(JoiningError) -> FetchedHandOvers {
        guard let heights = log.heights, let durable = log.durableHeight, heights.contains(durable) else {
            return FetchedHandOvers(first: first, configuration: nil, handOvers: [])
        }
        let last = try reader(durable, log).certificate.statement
        // An epoch that the state only plans may still become another one.
        let newest = last.nextEpoch == .zero ? last.epoch : last.epoch + 1
        guard first <= newest, let configuration = try configuration(of: first, state) else {
            return FetchedHandOvers(first: first, configuration: nil, handOvers: [])
        }
        var handOvers: [HandOver] = []
        var (low, byteCount) = (heights.lowerBound, 0)
        while handOvers.count < ReplicaLimits.servedHandOversMax {
            let number = first + UInt64(handOvers.count)
            guard let end = try end(of: number, low...durable, log) ?? self.handOvers[number]?.certificate,
                let next = try self.configuration(of: number + 1, state),
                next.digest(in: genesis.suite) == end.statement.nextEpoch
            else { break }
            let handOver = HandOver(certificate: end, next: next)
            byteCount += handOver.canonicalBytes.count
            guard handOvers.isEmpty || byteCount <= ReplicaLimits.servedHandOversByteCountMax else { break }
            handOvers.append(handOver)
            low = max(low, end.statement.height)
        }
        return FetchedHandOvers(first: first, configuration: configuration, handOvers: handOvers)
    }

    /// What an epoch is that has begun; nil if the state does not know it.
    private func configuration(
        of number: UInt64, _ state: any StateView
    ) throws(JoiningError) -> EpochConfiguration? {
        if number == genesis.epoch.number { return genesis.epoch }
        let bytes: [UInt8]?
        do throws(StateUnavailable) { bytes = try state.value(at: EpochStore.epochKey(number)) } catch {
            throw .state(error)
        }
        return bytes.flatMap { try? PlannedEpoch(canonicalBytes: $0) }?.configuration
    }

    /// The certificate of the last block of an epoch; nil if it goes on, or if that block is not in the log.
    private func end(
        of epoch: UInt64, _ heights: ClosedRange<UInt64>, _ log: some BlockSource
    ) throws(JoiningError) -> BlockCertificate? {
        // The epochs of heights ascend.
        var (low, high) = (heights.lowerBound, heights.upperBound)
        while low < high {
            let middle = low + (high - low + 1) / 2
            if try reader(middle, log).header.epoch <= epoch { low = middle } else { high = middle - 1 }
        }
        let certificate = try reader(low, log).certificate
        return certificate.statement.epoch == epoch && certificate.statement.nextEpoch != .zero ? certificate : nil
    }

    private func reader(_ height: UInt64, _ log: some BlockSource) throws(JoiningError) -> BlockRecordReader {
        let reader: BlockRecordReader?
        do throws(BlockRecordError) { reader = try log.reader(at: height) } catch {
            throw .block(height: height, error)
        }
        guard let reader else { throw .incomplete(height: height) }
        return reader
    }
}
