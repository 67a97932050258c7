internal import Cryptography
internal import HTTP
internal import Primitives

/// Who calls, as far as the endpoint has to know.
struct Caller: Sendable {
    /// By which its rates are counted: `certificate acme/reports`, `token reports`, `address 192.0.2.7`.
    let name: String
    let rights: Rights
}

/// What a caller has shown. What it is worth can change, and is asked for again.
enum Credential: Sendable {
    /// Nothing, where nothing is asked for.
    case none(network: String)
    case token(Digest)
    case certificates(ShownCertificates)
}

/// The certificates of one connection, and what was found of them last.
///
/// It is `@unchecked Sendable` because it is used on the loop's thread only.
final class ShownCertificates: @unchecked Sendable {
    /// Its own first; a reason where they can't be read.
    let chain: Result<[Certificate], EndpointError>
    var finding: Finding?

    struct Finding {
        let result: Result<Caller, EndpointRefusal>
        /// Of which state of members and lists.
        let generation: Int
        let from, until: Timestamp
    }

    init(_ chain: [[UInt8]]) {
        self.chain = Result {
            () throws(EndpointError) in
            do { return try chain.map { try Certificate(der: $0) } } catch {
                throw EndpointError(description: "the certificate can't be used here: \(error)")
            }
        }
    }
}

/// Why somebody is not let in.
enum EndpointRefusal: Error, Hashable, Sendable {
    case nothingShown
    case malformedAuthorization
    case unknownToken
    case expiredToken(String)
    case certificate(reason: String)
    /// The node has not learnt yet who the members are.
    case starting
    case tooMany(waitMilliseconds: UInt64)

    var status: Int {
        switch self {
        case .nothingShown, .malformedAuthorization, .unknownToken, .expiredToken: 401
        case .certificate: 403
        case .starting: 503
        case .tooMany: 429
        }
    }

    var error: JSONRPCError {
        switch self {
        case .nothingShown:
            JSONRPCError(
                .notAuthenticated,
                "who calls? show a certificate of a member of the chain, or send a token "
                    + "(Authorization: Bearer …)")
        case .malformedAuthorization:
            JSONRPCError(.notAuthenticated, "Authorization must be given once, as: Bearer and the token")
        case .unknownToken: JSONRPCError(.notAuthenticated, "the token is not known here")
        case .expiredToken(let name): JSONRPCError(.notAuthenticated, "the token \(name) has expired")
        case .certificate(let reason): JSONRPCError(.notAuthenticated, reason)
        case .starting: JSONRPCError(.overloaded, "the node does not know the chain's members yet; try again soon")
        case .tooMany(let wait):
            JSONRPCError(.tooManyRequests, "\(InterfaceError.tooManyRequests.meaning); again in \(wait) ms")
        }
    }

    /// The reply of HTTP: its body is an error of JSON-RPC.
    var reply: HTTPRefusal {
        var headers = [(name: "Content-Type", value: "application/json")]
        switch self {
        case .tooMany(let wait): headers.append(("Retry-After", "\(max(1, (wait + 999) / 1000))"))
        case .starting: headers.append(("Retry-After", "1"))
        case .certificate: break
        case .nothingShown, .malformedAuthorization, .unknownToken, .expiredToken:
            headers.append(("WWW-Authenticate", "Bearer"))
        }
        // Who is not let in keeps no connection.
        let closes = status == 401 || status == 403
        return HTTPRefusal(status: status, headers: headers, body: JSONRPCReply.text(error), closes: closes)
    }
}
