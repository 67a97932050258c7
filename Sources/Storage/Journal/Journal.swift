/// What one group wants to have on disk before it speaks: a vote, a lock, a batch, a decision.
package struct JournalRecord: Hashable, Sendable {
    package let group: UInt32
    /// What the payload is; the caller's own numbers.
    package let kind: UInt8
    package let payload: [UInt8]

    package init(group: UInt32, kind: UInt8, payload: [UInt8]) {
        (self.group, self.kind, self.payload) = (group, kind, payload)
    }
}

/// The node-wide journal of all groups: one write and one fdatasync make everything durable that waits.
///
/// Records are numbered from 1. The files are `journal/<first sequence>.segment`; their layout is that of
/// `SegmentHeader` and `RecordHeader`. Once the contents of old segments are safe elsewhere, `release` writes the
/// records that still matter forward, marks the rest as dead and removes segments that hold nothing else.
///
/// Not thread-safe: one thread at a time owns a journal.
package final class Journal {
    static let folder = "journal"

    private let disk: any Disk
    private var writer: SegmentWriter
    /// The first sequences of the segments on disk, ascending; the last one is written to.
    private var segments: [UInt64]
    /// Every record up to this sequence is dead.
    package private(set) var releasedSequence: UInt64
    /// The release whose records are buffered and not yet durable.
    private var releasing: UInt64?

    init(disk: any Disk, writer: SegmentWriter, segments: [UInt64], releasedSequence: UInt64) {
        self.disk = disk
        self.writer = writer
        self.segments = segments
        self.releasedSequence = releasedSequence
    }

    /// Everything up to this sequence survives a crash; 0 if nothing does.
    package var durableSequence: UInt64 { writer.durableNext - 1 }

    /// The sequence that the next record gets.
    package var nextSequence: UInt64 { writer.nextNumber }

    /// How many bytes wait for a sync.
    package var bufferedByteCount: Int { writer.buffer.count }

    package var segmentCount: Int { segments.count }

    /// Buffers a record; it is durable once `durableSequence` reaches the sequence that this gives back.
    package func append(_ record: JournalRecord) throws(StorageError) -> UInt64 {
        try writer.append(record.payload, group: record.group, kind: record.kind).number
    }

    /// Makes all buffered records durable. If there is no room on the disk (`noSpace`), nothing has changed, and it may
    /// be called again. After any other failure the journal refuses every later call and the process must end: what the
    /// disk then holds is known only after a restart.
    package func sync() throws(StorageError) {
        if try writer.sync() != nil, segments.last != writer.fileFirst { segments.append(writer.fileFirst) }
    }

    /// Declares every record up to `sequence` dead except `live`, which is written forward, and removes the segments
    /// that hold only dead records.
    ///
    /// The live records and a mark that names `sequence` are synced before anything is removed. After a crash in
    /// between recovery gives back either the old records (and perhaps some of `live` a second time) or, once the
    /// mark is durable, only what is after `sequence`: `live` and what else was appended.
    ///
    /// If there is no room on the disk, the same call may be made again.
    package func release(upTo sequence: UInt64, live: [JournalRecord]) throws(StorageError) {
        precondition(sequence <= durableSequence, "only durable records can be released")
        try writer.checkUsable()
        guard sequence > releasedSequence else { return }
        if releasing != sequence {
            for record in live { _ = try append(record) }
            var mark: [UInt8] = []
            appendLittleEndian(sequence, to: &mark)
            _ = try writer.append(mark, group: 0, kind: 0, role: RecordHeader.releaseRole)
            releasing = sequence
        }
        try sync()
        releasing = nil
        releasedSequence = sequence
        try removeDeadSegments()
    }

    /// Removes the segments all of whose records are dead: those whose successor starts at or below the first live
    /// one. Any of these removals may be lost in a crash; recovery ignores what lies below the mark.
    func removeDeadSegments() throws(StorageError) {
        let dead = zip(segments, segments.dropFirst()).prefix { $1 <= releasedSequence + 1 }.count
        guard dead > 0 else { return }
        for first in segments.prefix(dead) {
            try disk.remove(DiskPath.join(Self.folder, SegmentName.name(first: first)))
        }
        try disk.sync(folder: Self.folder)
        segments.removeFirst(dead)
    }
}
