extension StoreKey {
    /// Puts keys together from their parts. Made once and reused, it allocates nothing for keys of up to 64 bytes.
    package struct Builder: Sendable {
        package private(set) var key = StoreKey.empty
        /// Where fixed bytes are laid out; keeps its memory.
        private var scratch: [UInt8] = []

        package init() { scratch.reserveCapacity(StoreKey.inlineByteCount) }

        /// Starts anew, with what keys of one kind have in common.
        package mutating func start(with prefix: StoreKey = .empty) { key = prefix }

        package mutating func append(_ byte: UInt8) { key.append(byte) }

        /// Big-endian, so that keys are ordered as the numbers are.
        package mutating func append(_ value: UInt32) { key.append(value) }

        /// Big-endian, so that keys are ordered as the numbers are.
        package mutating func append(_ value: UInt64) { key.append(value) }

        package mutating func append(_ bytes: [UInt8]) { key.append(bytes) }

        package mutating func append<Value: FixedBytes>(fixedBytes value: Value) {
            if let digest = value as? Digest {
                // Digests are most of all keys, and give their words without a detour.
                let words = digest.words
                for index in words.indices { key.append(words[index]) }
                return
            }
            scratch.removeAll(keepingCapacity: true)
            value.append(to: &scratch)
            key.append(scratch)
        }
    }
}
