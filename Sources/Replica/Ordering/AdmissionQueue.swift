internal import Ledger

/// Transactions whose signatures are being checked, in batches.
///
/// Batches leave in the order in which they came, whichever is checked first: who came first is served first, and of
/// the same transaction sent twice the later one is the duplicate.
struct AdmissionQueue: Sendable {
    /// Submissions whose signatures are checked together.
    struct Batch: Sendable {
        /// Each with why transactions of it were refused already.
        var submissions: [(submission: Submission, rejections: [Rejection?])] = []
        /// How many transactions are being checked.
        private(set) var count = 0
        private(set) var byteCount = 0

        mutating func add(byteCount: Int) {
            count += 1
            self.byteCount += byteCount
        }
    }

    private struct Waiting {
        let number: UInt64
        let batch: Batch
        /// The answers of the verifier, one for each signature; nil until they are there.
        var mask: [Bool]?
    }

    /// Ascending by number; those before `start` have left.
    private var batches: [Waiting] = []
    private var start = 0
    private var next: UInt64 = 0
    private(set) var count = 0
    private(set) var byteCount = 0

    /// How many batches that have left are kept before the array is cut.
    private static let leftBatchesMax = 1024

    var isEmpty: Bool { start == batches.count }

    /// Takes a batch in, and gives back its number.
    mutating func append(_ batch: Batch) -> UInt64 {
        defer { next += 1 }
        batches.append(Waiting(number: next, batch: batch))
        count += batch.count
        byteCount += batch.byteCount
        return next
    }

    /// Takes in the answers for a batch; those for one that is not there change nothing.
    mutating func answer(_ number: UInt64, _ mask: [Bool]) {
        // Numbers are consecutive.
        guard start < batches.count, number >= batches[start].number,
            number - batches[start].number < UInt64(batches.count - start)
        else { return }
        let index = start + Int(number - batches[start].number)
        if batches[index].mask == nil { batches[index].mask = mask }
    }

    /// The next batch, if its answers are there.
    mutating func popFirst() -> (batch: Batch, mask: [Bool])? {
        guard start < batches.count, let mask = batches[start].mask else { return nil }
        let first = batches[start].batch
        start += 1
        if start == batches.count || start >= Self.leftBatchesMax {
            batches.removeFirst(start)
            start = 0
        }
        count -= first.count
        byteCount -= first.byteCount
        return (first, mask)
    }
}
