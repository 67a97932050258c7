/// The limits of the methods.
package enum MethodLimits {
    /// The most transactions of one `cairn_sendTransactions`.
    package static let transactionsMax = 10_000
    /// How long `cairn_waitForReceipt` waits unless told otherwise.
    package static let receiptWaitMilliseconds: UInt64 = 20_000
    /// The gas that `cairn_call` may use unless told otherwise.
    package static let callGas: UInt64 = 10_000_000
}
