/// The limits of the event loop and of the byte streams on it.
package enum NetworkingLimits {
    /// How much work may wait to be run on a loop before `post` refuses more.
    package static let postedWorkMax = 1 << 20
    /// The largest piece that one read takes from a socket, in bytes.
    package static let readBytesMax = 64 << 10
    /// The largest piece that waits in one write, in bytes; progress is noticed once a piece.
    package static let writeBytesMax = 256 << 10
    /// How many accepted connections may wait in the kernel.
    package static let listenBacklog: Int32 = 511
    /// How much capacity an empty output buffer keeps, in bytes.
    package static let outputCapacityKept = 64 << 10
    /// The longest name of a thread that the system keeps, in bytes.
    package static let threadNameBytesMax = 15
}
