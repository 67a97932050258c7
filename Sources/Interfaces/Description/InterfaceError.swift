internal import HTTP
internal import Ledger

/// The errors of the interface, by their codes. What is said of each is in the description.
enum InterfaceError: Int64, CaseIterable, Sendable {
    case parse = -32700
    case invalidRequest = -32600
    case methodNotFound = -32601
    case invalidParameters = -32602
    case internalFault = -32603
    case malformed = -32010
    case oversized = -32011
    case wrongGenesis = -32012
    case wrongGroup = -32013
    case expired = -32014
    case expiryTooFar = -32015
    case gasLimitTooHigh = -32016
    case gasLimitTooLow = -32017
    case wrongSigners = -32018
    case wrongSignature = -32019
    case duplicate = -32020
    case overloaded = -32021
    case stopping = -32022
    case diskFull = -32023
    case notAuthorized = -32024
    case onlyFollows = -32025
    case noBlock = -32030
    case notKept = -32031
    case notAuthenticated = -32040
    case rightMissing = -32041
    case tooManyRequests = -32042

    /// Those of calls that reach no method.
    static let ofNoMethod: [InterfaceError] = [
        .parse, .invalidRequest, .methodNotFound, .internalFault, .notAuthenticated, .tooManyRequests, .overloaded,
    ]

    /// Those of transactions that the node does not take, `Rejection`'s.
    static let rejections: [InterfaceError] = [
        .malformed, .oversized, .wrongGenesis, .wrongGroup, .expired, .expiryTooFar, .gasLimitTooHigh, .gasLimitTooLow,
        .wrongSigners, .wrongSignature, .duplicate, .overloaded, .stopping, .diskFull, .notAuthorized,
        .onlyFollows,
    ]

    /// What it is called where the description refers to it.
    var name: String { "\(self)" }

    var meaning: String {
        switch self {
        case .parse: "the body is not JSON"
        case .invalidRequest: "it is JSON, but no call; the batch is empty or too large; or the call needs a WebSocket"
        case .methodNotFound: "there is no such method"
        case .invalidParameters: "the parameters are wrong; the message says which and what is allowed"
        case .internalFault: "the node has a fault, or the batch's replies are too long"
        case .malformed: "the transaction is malformed; the message says at which byte"
        case .oversized: "the transaction is larger than the chain allows"
        case .wrongGenesis: "the transaction is for another chain"
        case .wrongGroup: "the transaction is for another group"
        case .expired: "the transaction has expired"
        case .expiryTooFar: "the transaction's expiry is too far ahead"
        case .gasLimitTooHigh: "the gas limit is above what a block may use"
        case .gasLimitTooLow:
            "the gas limit does not cover what the transaction costs before its contract does anything"
        case .wrongSigners: "the signatures are not in order, or an account that must sign has none"
        case .wrongSignature: "a signature is wrong; the message names the account"
        case .duplicate: "the same transaction was already taken"
        case .overloaded: "the node has as much waiting as it may hold; try again later"
        case .stopping: "the node is stopping"
        case .diskFull: "the node's disk is full; try again later, or another node"
        case .notAuthorized: "the keys that signed for an account do not act for it, by what the state says"
        case .onlyFollows: "the node has nothing ordered, as its disk is an old copy; send it to another node"
        case .noBlock: "there is no block to prove by yet"
        case .notAuthenticated: "who calls is not known, or not let in; the message says why (HTTP 401 or 403)"
        case .rightMissing: "the caller is known, and has not the right that the method needs; the message names it"
        case .tooManyRequests: "the caller has called or sent more than its rate allows (HTTP 429)"
        case .notKept: "the state after that block is not kept; the message names the nearest heights that are"
        }
    }
}

extension JSONRPCError {
    init(_ error: InterfaceError, _ message: String? = nil) {
        self.init(code: error.rawValue, message: message ?? error.meaning)
    }
}
