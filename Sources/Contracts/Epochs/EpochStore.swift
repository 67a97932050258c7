package import Ledger
package import Primitives

/// Where the contract for epochs keeps what. Keys are part of the state's format.
///
/// | key | value |
/// |---|---|
/// | `e` number, u64 | `PlannedEpoch`; absent for the first epoch, which the genesis holds |
/// | `v` account | `EpochVote`, the last one |
package enum EpochStore {
    /// Where an epoch stands that follows another one.
    package static func epochKey(_ number: UInt64) -> StateKey {
        StateKey(contract: Epochs.address, key: key(of: number).bytes)
    }

    private static func key(of number: UInt64) -> StoreKey {
        var key = StoreKey.empty
        key.append(UInt8(ascii: "e"))
        for shift in stride(from: 56, through: 0, by: -8) {
            key.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
        return key
    }

    private static func key(of voter: Address) -> StoreKey {
        var key = StoreKey.empty
        key.append(UInt8(ascii: "v"))
        key.append(voter.storeKey)
        return key
    }

    static func planned(_ number: UInt64, host: inout Host) throws(ContractError) -> PlannedEpoch? {
        try decode(try host.read(key(of: number)))
    }

    static func set(_ planned: PlannedEpoch, host: inout Host) throws(ContractError) {
        try host.write(planned.canonicalBytes, at: key(of: planned.configuration.number))
    }

    static func vote(of voter: Address, host: inout Host) throws(ContractError) -> EpochVote? {
        try decode(try host.read(key(of: voter)))
    }

    static func set(_ vote: EpochVote, of voter: Address, host: inout Host) throws(ContractError) {
        try host.write(vote.canonicalBytes, at: key(of: voter))
    }

    /// What this contract itself wrote; anything else is a bug that must not become a result that differs by node.
    private static func decode<Value: CanonicalDecodable>(_ bytes: [UInt8]?) throws(ContractError) -> Value? {
        guard let bytes else { return nil }
        do throws(CodingError) { return try Value(canonicalBytes: bytes) } catch {
            throw .failed("damaged", "the storage of the contract for epochs does not decode")
        }
    }
}

/// An epoch that follows another one.
package struct PlannedEpoch: Hashable, Sendable, CanonicalCodable {
    package let configuration: EpochConfiguration
    /// The decision in which the first change was executed that ends the epoch before.
    package let decision: UInt64

    package init(configuration: EpochConfiguration, decision: UInt64) {
        self.configuration = configuration
        self.decision = decision
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(configuration)
        encoder.encode(decision)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        configuration = try decoder.decode()
        decision = try decoder.decode()
    }
}

/// What a certifier wants the next epoch to be.
struct EpochVote: Hashable, Sendable, CanonicalCodable {
    let number: UInt64
    let digest: Digest

    init(number: UInt64, digest: Digest) {
        self.number = number
        self.digest = digest
    }

    func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(number)
        encoder.encode(digest)
    }

    init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        number = try decoder.decode()
        digest = try decoder.decode()
    }
}
