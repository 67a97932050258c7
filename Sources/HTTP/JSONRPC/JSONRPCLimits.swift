/// The limits of JSON-RPC messages.
package enum JSONRPCLimits {
    /// How many calls one batch may hold.
    package static let batchCountMax = 100
    /// How long the replies to one batch may be together, in bytes; later ones are replaced by errors.
    package static let batchReplyBytesMax = 32 << 20
}
