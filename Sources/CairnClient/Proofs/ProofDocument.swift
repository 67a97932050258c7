internal import Contracts
internal import Cryptography
package import HTTP
package import Ledger
internal import Primitives

/// A proof that stands on its own: what it shows can be checked with nothing but the chain's genesis.
public struct ProofDocument: Sendable {
    package let proof: LedgerProof

    /// The proof's bytes, as a file holds them.
    public var bytes: [UInt8] { proof.canonicalBytes }

    /// Reads a proof's bytes, whoever made them.
    public init(bytes: [UInt8]) throws(ClientError) {
        do throws(CodingError) {
            proof = try LedgerProof(canonicalBytes: bytes)
        } catch {
            throw .proof("this is not a proof: \(error)")
        }
    }

    /// Checks the proof against a chain, given by the bytes of its genesis, and says what it shows.
    public func verify(genesisBytes: [UInt8]) throws(ClientError) -> VerifiedFact {
        let genesis: Genesis
        do throws(CodingError) {
            genesis = try Genesis(canonicalBytes: genesisBytes)
        } catch {
            throw .invalid("this is not a genesis: \(error)")
        }
        do throws(ProofError) {
            var client = LightClient(genesis: genesis, verifier: SerialVerifier())
            let statement = try proof.verify(with: &client)
            return VerifiedFact(proof: proof, statement: statement, client: client)
        } catch {
            throw .proof(error.description)
        }
    }
}

/// What a valid proof shows.
public struct VerifiedFact: Sendable {
    /// The digest of the genesis of the chain.
    public let genesisDigest: String
    /// The height of the block that it holds at.
    public let height: UInt64
    /// The weakest fault model that the certificates go by: how much the proof's signers are trusted with.
    public let faultModel: String
    /// What is shown, in words.
    public let statement: String
    package let json: JSON

    init(proof: LedgerProof, statement: ResultStatement, client: LightClient) {
        genesisDigest = statement.genesis.description
        height = statement.height
        faultModel = client.weakestFaultModel.map { "\($0)" } ?? "unknown"
        var object = JSONObject()
        object["genesis"] = .string(genesisDigest)
        object["height"] = .unsigned(height)
        object["faultModel"] = .string(faultModel)
        switch proof.subject {
        case .key(let key): self.statement = Self.describe(key, &object)
        case .receipt(let receipt): self.statement = Self.describe(receipt, &object)
        }
        json = .object(object)
    }

    private static func describe(_ key: KeyProof, _ object: inout JSONObject) -> String {
        object["contract"] = .string(key.contract.description)
        object["key"] = .string(key.key.hexadecimal)
        object["value"] = key.value.map { .string($0.bytes.hexadecimal) } ?? .null
        if key.contract == Assets.address, let (symbol, account) = AssetStore.holding(ofKey: key.key) {
            let holding = key.value.flatMap { try? Holding(canonicalBytes: $0.bytes) } ?? .none
            object["asset"] = .string(symbol.description)
            object["account"] = .string(account.description)
            object["balance"] = .string(holding.balance.description)
            object["isFrozen"] = .bool(holding.isFrozen)
            return "account \(account) holds \(holding.balance) of the smallest units of \(symbol)"
                + (holding.isFrozen ? ", frozen" : "")
        }
        let shown = key.value.map { $0.bytes.hexadecimal } ?? "nothing"
        return "contract \(key.contract) holds \(shown) at key \(key.key.hexadecimal)"
    }

    private static func describe(_ proof: ReceiptProof, _ object: inout JSONObject) -> String {
        let receipt = proof.receipt
        object["transaction"] = .string(receipt.transaction.description)
        switch receipt.outcome {
        case .success:
            object["status"] = "success"
            return "transaction \(receipt.transaction) took effect"
        case .failure(let failure):
            object["status"] = "failure"
            object["failure"] = ["code": .string(failure.code), "text": .string(failure.text)]
            return "transaction \(receipt.transaction) failed: \(failure.text)"
        }
    }
}

extension CairnClient {
    /// The proof of what an account holds of an asset: at the newest block, or at one whose state the node keeps.
    public func proof(
        ofBalance symbol: String, of account: AccountAddress, at height: UInt64? = nil
    ) async throws(ClientError) -> ProofDocument {
        let key = AssetStore.holdingKey(try AssetsClient.symbol(symbol), account.value)
        return try await proof([
            "contract": .string(Assets.address.description), "key": .string(key.hexadecimal),
            "height": height.map(JSON.unsigned) ?? .null,
        ])
    }

    /// The proof that a transaction is in a block, with its receipt.
    public func proof(ofTransaction identity: String) async throws(ClientError) -> ProofDocument {
        try await proof(["transaction": .string(identity)])
    }

    private func proof(_ parameters: JSON) async throws(ClientError) -> ProofDocument {
        let json = try await call("cairn_getProof", parameters)
        guard !json.isNull else { throw .invalid("no block holds this transaction") }
        guard let bytes = json["proof"]?.stringValue.flatMap([UInt8].init(hexadecimal:)) else {
            throw Self.malformed("cairn_getProof")
        }
        return try ProofDocument(bytes: bytes)
    }
}
