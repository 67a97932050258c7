/// What an account may do with assets. Amounts are decimal texts in the asset's units.
public enum AssetAction: Sendable {
    /// Creates an asset, of which the sender becomes the issuer.
    case create(_ symbol: String, name: String, decimals: UInt8)
    /// Issues an amount to an account; the issuer's to do.
    case issue(_ symbol: String, amount: String, to: AccountAddress)
    /// Transfers an amount of the sender's.
    case transfer(_ symbol: String, amount: String, to: AccountAddress)
    /// Allows an account to transfer up to an amount of the sender's; takes the place of what was allowed before.
    case approve(_ symbol: String, amount: String, spender: AccountAddress)
    /// Transfers an amount of an account that has allowed it to the sender.
    case transferFrom(_ symbol: String, amount: String, from: AccountAddress, to: AccountAddress)
    /// Destroys an amount of the sender's.
    case burn(_ symbol: String, amount: String)
    /// Stops an account from moving the asset; the issuer's to do.
    case freeze(_ symbol: String, AccountAddress)
    /// Ends that.
    case unfreeze(_ symbol: String, AccountAddress)
}
