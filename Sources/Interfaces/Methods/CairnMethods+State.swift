internal import Contracts
internal import HTTP
internal import Ledger
internal import Node
internal import Primitives
internal import Replica

extension CairnMethods {
    func call(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let contract = try parameters.address("contract")
        let method = try parameters.required("method", "a method's name", \.stringValue)
        let arguments = try parameters.optional("arguments", "hexadecimal digits", Parameters.bytes) ?? []
        let from = try parameters.optional("from", "an address", Parameters.address) ?? .zero
        let gas = try parameters.optional("gasLimit", "an amount of gas", \.uint64Value) ?? MethodLimits.callGas
        node.ask(at: try height(parameters)) { executor throws(StateUnavailable) in
            let (outcome, gasUsed) = try executor.call(
                contract, method, arguments, as: from, gasLimit: min(gas, NodeLimits.questionGasMax))
            return (outcome, gasUsed, executor.head.height)
        } answer: { result in
            reply.give(
                result.mapError(JSONRPCError.init).map { outcome, gasUsed, height in
                    var object = JSONObject()
                    LedgerJSON.addOutcome(outcome, to: &object)
                    object["gasUsed"] = .unsigned(gasUsed)
                    object["height"] = .unsigned(height)
                    return .object(object)
                })
        }
    }

    func getAccount(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let address = try parameters.address("address")
        node.ask(at: try height(parameters)) { executor throws(StateUnavailable) in
            let arguments = address.canonicalBytes
            let holdings = try executor.call(
                Assets.address, "holdings", arguments, as: address, gasLimit: MethodLimits.callGas)
            let record = try executor.call(
                Accounts.address, "authentication", arguments, as: address, gasLimit: MethodLimits.callGas)
            return (holdings.outcome, record.outcome, executor.head.height)
        } answer: { [node] result in
            reply.give(
                result.mapError(JSONRPCError.init).flatMap { holdings, record, height in
                    guard let holdings = Self.holdings(holdings), let record = Self.record(record) else {
                        return .failure(.internalError("the account's state can't be read"))
                    }
                    return .success([
                        "address": LedgerJSON.text(address),
                        "authentication": LedgerJSON.authentication(record, in: node.terms.suite),
                        "holdings": .array(holdings), "height": .unsigned(height),
                    ])
                })
        }
    }

    /// The account's record, which may be nil; nil if it can't be read.
    private static func record(_ outcome: Outcome) -> AuthenticationRecord?? {
        guard case .success(let bytes) = outcome else { return nil }
        var decoder = CanonicalDecoder(bytes)
        do { return .some(try decoder.decodeOption()) } catch { return nil }
    }

    private static func holdings(_ outcome: Outcome) -> [JSON]? {
        guard case .success(let bytes) = outcome else { return nil }
        var decoder = CanonicalDecoder(bytes)
        let holdings: [NamedHolding]? = try? decoder.decodeSequence(maximum: ContractLimits.scanItemsMax)
        return holdings?.map { named in
            [
                "symbol": .string(named.symbol.description), "balance": .string(named.holding.balance.description),
                "isFrozen": .bool(named.holding.isFrozen),
            ]
        }
    }

    func getBlock(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let height = try parameters.required("height", "a height or \"latest\"") { json in
            json.stringValue == "latest" ? node.committedHeight : json.uint64Value
        }
        try read(reply) { committed(height).map { $0.map(LedgerJSON.block) ?? .null } }
    }

    /// Answers with what reading blocks gives, on a thread that may take its time.
    private func read(
        _ reply: JSONRPCReply, _ body: @escaping @Sendable () -> Result<JSON, JSONRPCError>
    ) throws(JSONRPCError) {
        guard node.read({ reply.give(body()) }) else { throw JSONRPCError(.overloaded as QuestionError) }
    }

    private func committed(_ height: UInt64) -> Result<CertifiedBlock?, JSONRPCError> {
        Result { () throws(QuestionError) in try node.block(at: height) }.mapError(JSONRPCError.init)
    }

    var networkState: JSON {
        let state = node.networkState
        let stage: NetworkReport.Stage =
            switch state.replica.stage {
            case .starting: .starting
            case .following: .following
            case .running: .running
            }
        return NetworkReport(
            own: state.own, height: state.height, epoch: state.replica.epoch,
            epochDigest: state.replica.epochDigest, engine: "\(state.replica.engine)",
            view: state.replica.view, leader: state.leader, stage: stage,
            peers: state.peers.map { peer in
                NetworkReport.Peer(
                    number: peer.number, name: peer.name, organisation: peer.organisation,
                    isConnected: peer.isConnected, height: nil)
            }, certificateEnds: state.certificateEnds
        ).json
    }

    func chain(_ reply: JSONRPCReply) throws(JSONRPCError) {
        try read(reply) {
            committed(node.committedHeight).flatMap { head in
                Result { () throws(QuestionError) in try node.checkpointHeights() }
                    .mapError(JSONRPCError.init).map { show(head, checkpoints: $0) }
            }
        }
    }

    private func show(_ head: CertifiedBlock?, checkpoints: [UInt64]) -> JSON {
        let genesis = node.genesis
        let refusal = node.refusal
        return [
            "name": .string(genesis.name),
            "group": .integer(Int64(genesis.group)),
            "genesis": LedgerJSON.text(node.terms.genesis),
            "genesisBytes": .string(genesis.canonicalBytes.hexadecimal),
            "suite": .string("\(genesis.suite)"),
            "engine": .string("\(genesis.epoch.engine)"),
            "executionVersion": .integer(Int64(genesis.executionVersion)),
            "certifiers": .array(genesis.epoch.certifiers.map { .string($0.description) }),
            "height": .unsigned(head?.height ?? 0),
            "blockHash": LedgerJSON.text(head?.certificate.statement.blockHash ?? node.terms.genesis),
            "time": .unsigned((head?.block.header.time ?? genesis.time).milliseconds),
            "accepting": .bool(refusal == nil),
            "reason": refusal.map { .string($0.description) } ?? .null,
            "checkpoints": .array(checkpoints.map(JSON.unsigned)),
            "limits": [
                "blockGas": .unsigned(genesis.limits.blockGasMax),
                "blockBytes": .unsigned(genesis.limits.blockByteCountMax),
                "blockTransactions": .integer(Int64(genesis.limits.blockTransactionCountMax)),
                "transactionBytes": .integer(Int64(genesis.limits.transactionByteCountMax)),
                "expiryWindowMilliseconds": .unsigned(genesis.limits.expiryWindowMilliseconds),
                "checkpointInterval": .integer(Int64(genesis.limits.checkpointInterval)),
            ],
        ]
    }
}

// MARK: - Proofs

extension CairnMethods {
    func getProof(_ parameters: Parameters, _ reply: JSONRPCReply) throws(JSONRPCError) {
        let height = try height(parameters)
        if try parameters.optional("transaction", "an identity", \.stringValue) != nil {
            guard height == nil else {
                throw .invalidParameters("\"height\" is for keys; a transaction is in one block only")
            }
            proveReceipt(of: try parameters.digest("transaction"), reply)
        } else {
            proveKey(try parameters.address("contract"), try parameters.key("key"), at: height, reply)
        }
    }

    private func proveReceipt(of identity: Digest, _ reply: JSONRPCReply) {
        node.find(identity) { [node] result in
            let isTaken = node.read {
                reply.give(
                    result.mapError(JSONRPCError.init).flatMap { found in
                        guard let found else { return .success(.null) }
                        // A proof needs the block's other transactions and receipts too.
                        return committed(found.height).map { block in
                            guard let block else { return .null }
                            let proof = ReceiptProof(index: found.index, of: block, suite: node.terms.suite)
                            return Self.proof(block, .receipt(proof))
                        }
                    })
            }
            if !isTaken { reply.fail(JSONRPCError(.overloaded as QuestionError)) }
        }
    }

    private func proveKey(_ contract: Address, _ key: [UInt8], at height: UInt64?, _ reply: JSONRPCReply) {
        node.ask(at: height) { executor throws(StateUnavailable) in
            (try executor.prove(contract, key), executor.head.height)
        } answer: { result in
            reply.give(
                result.mapError(JSONRPCError.init).flatMap { proof, height in
                    committed(height).flatMap { block in
                        guard let block else {
                            return .failure(JSONRPCError(.noBlock))
                        }
                        return .success(Self.proof(block, .key(proof)))
                    }
                })
        }
    }

    private static func proof(_ block: CertifiedBlock, _ subject: LedgerProof.Subject) -> JSON {
        let proof = LedgerProof(certificate: block.certificate, subject: subject)
        return ["height": .unsigned(block.height), "proof": .string(proof.canonicalBytes.hexadecimal)]
    }
}
