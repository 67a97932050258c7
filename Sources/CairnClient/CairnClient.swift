internal import Cryptography
internal import Foundation
package import HTTP
package import Ledger
internal import Networking
internal import Primitives
internal import Synchronization

/// A connection to a node of a chain.
///
/// ```swift
/// let client = try CairnClient(endpoint: "http://127.0.0.1:8545")
/// let alice = try AccountStore(directory: "accounts").open("alice", passphrase: "...")
/// let result = try await client.assets.transfer("GOLD", amount: "12.50", to: bob, from: alice)
/// ```
/// It may be used from any thread or task; requests share one connection. What the node says is taken at its word:
/// for what must be certain, ask for a proof and verify it.
public final class CairnClient: Sendable {
    /// Where clients look for a node unless told otherwise.
    public static let defaultEndpoint = "http://127.0.0.1:8545"

    private let http: HTTPClient
    private let cachedChain = Mutex<ChainInformation?>(nil)

    /// A client of the node at `endpoint`, an address like `http://127.0.0.1:8545` or `https://node.example.org:8545`.
    /// Nothing is sent yet.
    /// - Parameter access: what it shows to a node that asks who calls.
    public convenience init(
        endpoint: String = CairnClient.defaultEndpoint, access: NodeAccess = NodeAccess()
    ) throws(ClientError) {
        try self.init(endpoint: endpoint, access: access, timeoutMilliseconds: Self.timeoutMilliseconds)
    }

    /// - Parameter timeoutMilliseconds: how long an answer may take.
    package init(
        endpoint text: String, access: NodeAccess = NodeAccess(), timeoutMilliseconds: UInt64
    ) throws(ClientError) {
        let (endpoint, loop) = try Self.reached { () throws(HTTPClientError) in
            (try HTTPEndpoint(text), try Self.sharedLoop())
        }
        var configuration = HTTPClientConfiguration()
        configuration.timeoutMilliseconds = timeoutMilliseconds
        (configuration.tls, configuration.headers) = try access.parts(for: endpoint)
        http = HTTPClient(on: loop, endpoint: endpoint, configuration: configuration)
    }

    private static func reached<Value>(
        _ body: () throws(HTTPClientError) -> Value
    ) throws(ClientError) -> Value {
        do throws(HTTPClientError) { return try body() } catch { throw .connection(error.description) }
    }

    /// Above the longest wait for a receipt.
    private static let timeoutMilliseconds: UInt64 = 90_000

    /// All clients of a process share one thread.
    private static let loop = Result { () throws(NetworkingError) in try EventLoop(name: "cairn-client") }

    static func sharedLoop() throws(HTTPClientError) -> EventLoop {
        guard case .success(let loop) = loop else { throw .closed }
        return loop
    }

    /// The chain's assets.
    public var assets: AssetsClient { AssetsClient(client: self) }

    /// The keys of the chain's accounts.
    public var accounts: AccountsClient { AccountsClient(client: self) }

    /// The chain's organisations, and their proposals.
    public var members: MembersClient { MembersClient(client: self) }
}

// MARK: - Calls

extension CairnClient {
    /// Calls a method of the node's interface.
    package func call(_ method: String, _ parameters: JSON) async throws(ClientError) -> JSON {
        var writer = JSONWriter()
        writer.write(["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": parameters])
        let response: HTTPResponse
        do throws(HTTPClientError) {
            response = try await http.post(body: writer.bytes)
        } catch {
            throw .connection(error.description)
        }
        guard let reply = try? JSON(parsing: response.body) else {
            throw .connection("\(http.endpoint) answered with HTTP status \(response.status): is it a node?")
        }
        if let error = reply["error"] {
            throw .refused(
                code: Int(error["code"]?.int64Value ?? 0), reason: error["message"]?.stringValue ?? "no reason given")
        }
        guard let result = reply["result"] else { throw Self.malformed(method) }
        return result
    }

    package static func malformed(_ method: String) -> ClientError {
        .connection("the node's reply to \(method) is not what it should be: does it have another version?")
    }

    /// What the chain is and where it stands.
    public func chain() async throws(ClientError) -> ChainInformation {
        let json = try await call("cairn_chain", [])
        guard let chain = ChainInformation(json) else { throw Self.malformed("cairn_chain") }
        cachedChain.withLock { $0 = chain }
        return chain
    }

    /// The chain's fixed terms, asked for once.
    package func terms() async throws(ClientError) -> ChainTerms {
        if let chain = cachedChain.withLock({ $0 }) { return chain.genesis.terms }
        return try await chain().genesis.terms
    }
}

/// What a chain is, and where it stands.
public struct ChainInformation: Sendable {
    /// The chain's name.
    public var name: String { genesis.name }
    /// The digest that names the chain.
    public var genesisDigest: String { genesis.digest.description }
    /// The chain's ciphers.
    public var suite: ChainSuite { ChainSuite(genesis.suite) }
    /// The height of the newest block.
    public let height: UInt64
    /// The time of the newest block, in milliseconds since 1970.
    public let timeMilliseconds: UInt64
    /// The heights whose states the node keeps whole, ascending.
    public let checkpoints: [UInt64]
    package let genesis: Genesis
    package let json: JSON

    init?(_ json: JSON) {
        guard let height = json["height"]?.uint64Value, let time = json["time"]?.uint64Value,
            let bytes = json["genesisBytes"]?.stringValue.flatMap([UInt8].init(hexadecimal:)),
            let genesis = try? Genesis(canonicalBytes: bytes)
        else { return nil }
        self.height = height
        timeMilliseconds = time
        checkpoints = json["checkpoints"]?.arrayValue?.compactMap(\.uint64Value) ?? []
        self.genesis = genesis
        self.json = json
    }
}
