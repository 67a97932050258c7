package import Primitives

/// Why a transaction was not taken. It has no effect and no receipt.
package enum Rejection: Error, Hashable, Sendable {
    case malformed(CodingError)
    case oversized(byteCount: Int, maximum: Int)
    case wrongGenesis(Digest)
    case wrongGroup(GroupIdentifier)
    case expired(expiry: Timestamp, now: Timestamp)
    case expiryTooFar(expiry: Timestamp, latest: Timestamp)
    case gasLimitTooHigh(UInt64, maximum: UInt64)
    case gasLimitTooLow(UInt64, minimum: UInt64)
    /// Signatures are not in order, or an account that must sign has none.
    case wrongSigners
    case wrongSignature(account: Address)
    /// The keys that signed for an account do not act for it, by its authentication record or for want of one.
    case notAuthorized(account: Address)
    case duplicate
    /// The node has as much work waiting as it may hold.
    case overloaded
    /// The node is stopping.
    case stopping
    /// There is too little room at `path`; the node takes transactions again once there is as much as it needs.
    case diskFull(path: String, freeByteCount: Int, neededByteCount: Int)
    /// The node only follows, as its disk is an old copy.
    case onlyFollows
}

extension Rejection {
    /// The code by which programs tell rejections apart; part of the interface.
    package var code: Int {
        switch self {
        case .malformed: -32010
        case .oversized: -32011
        case .wrongGenesis: -32012
        case .wrongGroup: -32013
        case .expired: -32014
        case .expiryTooFar: -32015
        case .gasLimitTooHigh: -32016
        case .gasLimitTooLow: -32017
        case .wrongSigners: -32018
        case .wrongSignature: -32019
        case .duplicate: -32020
        case .notAuthorized: -32024
        case .overloaded: -32021
        case .stopping: -32022
        case .diskFull: -32023
        case .onlyFollows: -32025
        }
    }
}

extension Rejection: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let error):
            "malformed transaction: \(error)"
        case .oversized(let byteCount, let maximum):
            "the transaction has \(byteCount) bytes; this chain allows \(maximum)"
        case .wrongGenesis(let digest):
            "the transaction is for another chain (genesis \(digest))"
        case .wrongGroup(let group):
            "the transaction is for group \(group), which is not this one"
        case .expired(let expiry, let now):
            "the transaction expired at \(expiry); it is \(now) now"
        case .expiryTooFar(let expiry, let latest):
            "the transaction's expiry, \(expiry), is too far ahead; at this moment it may be \(latest) at most"
        case .gasLimitTooHigh(let limit, let maximum):
            "the gas limit of \(limit) is above what a block may use, \(maximum)"
        case .gasLimitTooLow(let limit, let minimum):
            "the gas limit of \(limit) does not cover the transaction itself, which takes \(minimum)"
        case .wrongSigners:
            "the signatures are not in order, or an account that must sign has none"
        case .wrongSignature(let account):
            "the signature of account \(account) is wrong"
        case .notAuthorized(let account):
            "the keys that signed for \(account) do not act for it; see which do with cairn account keys"
        case .duplicate:
            "the same transaction was already taken"
        case .overloaded:
            "the node has as many transactions waiting as it may hold; try again later"
        case .stopping:
            "the node is stopping"
        case .diskFull(let path, let free, let needed):
            "the node's disk is full: \(free) bytes are free at \(path), and it needs \(needed); try again later"
        case .onlyFollows:
            "the node's disk is an old copy, so that it has nothing ordered; send the transaction to another node"
        }
    }
}
