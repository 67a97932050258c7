/// The limits of execution that no gas buys.
package enum ContractLimits {
    /// How deeply contracts may call each other.
    package static let callDepthMax = 64
    /// The most items that one scan gives.
    package static let scanItemsMax = 1000
    /// How many items a scan takes from the state at a time.
    package static let scanPageItems = 64
}
