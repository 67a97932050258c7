/// What each thing costs. One gas is meant to be about a nanosecond of one core; storage is dearer than it takes.
///
/// A schedule is part of an execution version and never changes afterwards.
package struct GasSchedule: Hashable, Sendable {
    package var transaction: UInt64
    package var transactionByte: UInt64
    package var signature: UInt64
    package var call: UInt64
    package var read: UInt64
    package var readByte: UInt64
    package var write: UInt64
    package var writeByte: UInt64
    package var scan: UInt64
    package var scanItem: UInt64
    package var event: UInt64
    package var eventByte: UInt64
    package var resultByte: UInt64

    package static let version1 = GasSchedule(
        transaction: 2000, transactionByte: 8, signature: 20_000, call: 500, read: 400, readByte: 1, write: 1000,
        writeByte: 8, scan: 2000, scanItem: 400, event: 400, eventByte: 8, resultByte: 8)

    /// What a transaction costs before its contract does anything.
    package func intrinsic(byteCount: Int, signatures: Int) -> UInt64 {
        transaction + UInt64(byteCount) * transactionByte + UInt64(signatures) * signature
    }
}

/// The gas that a transaction may still use.
package struct GasMeter: Hashable, Sendable {
    package let limit: UInt64
    package private(set) var used: UInt64 = 0

    package init(limit: UInt64) { self.limit = limit }

    /// Charges `amount` and `unit` for each of `count`. False when that passes the limit; all of it is used then.
    package mutating func charge(_ amount: UInt64, perUnit unit: UInt64 = 0, count: Int = 0) -> Bool {
        let (units, overflow1) = unit.multipliedReportingOverflow(by: UInt64(count))
        let (cost, overflow2) = amount.addingReportingOverflow(units)
        guard !overflow1, !overflow2, cost <= limit - used else {
            used = limit
            return false
        }
        used += cost
        return true
    }
}
