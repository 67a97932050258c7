internal import Cryptography
package import HTTP
package import Ledger
internal import Node
internal import Primitives

/// The ledger's types as the interface shows them. Numbers that JSON readers may round (amounts) are strings.
package enum LedgerJSON {
    package static func block(_ certified: CertifiedBlock) -> JSON {
        let header = certified.block.header
        let statement = certified.certificate.statement
        return [
            "height": .unsigned(header.height),
            "hash": text(statement.blockHash),
            "parent": text(header.parent),
            "group": .integer(Int64(header.group)),
            "epoch": .unsigned(header.epoch),
            "executionVersion": .integer(Int64(header.executionVersion)),
            "decision": .unsigned(header.decision),
            "time": .unsigned(header.time.milliseconds),
            "transactionCount": .integer(Int64(header.transactionCount)),
            "transactionsRoot": text(header.transactionsRoot),
            "receiptsRoot": text(statement.receiptsRoot),
            "stateRoot": text(statement.stateRoot),
            "transactions": .array(certified.block.transactions.map { text($0.identity) }),
            "certificate": certificate(certified.certificate),
            "rawHeader": .string(header.canonicalBytes.hexadecimal),
        ]
    }

    static func certificate(_ certificate: BlockCertificate) -> JSON {
        [
            "faultModel": .string("\(certificate.rule.model)"),
            "validators": .integer(Int64(certificate.rule.count)),
            "signatures": .array(
                certificate.signatures.map { signature in
                    ["certifier": .integer(Int64(signature.certifier)), "signature": text(signature.signature)]
                }),
            "raw": .string(certificate.canonicalBytes.hexadecimal),
        ]
    }

    @Sendable static func transaction(_ located: LocatedTransaction) -> JSON {
        let signed = located.transaction
        let transaction = signed.transaction
        return [
            "identity": text(signed.identity),
            "height": .unsigned(located.height),
            "index": .integer(Int64(located.index)),
            "group": .integer(Int64(transaction.group)),
            "sender": text(transaction.sender),
            "contract": text(transaction.contract),
            "method": .string(transaction.method),
            "arguments": .string(transaction.arguments.hexadecimal),
            "salt": .string("\(transaction.salt)"),
            "expiry": .unsigned(transaction.expiry.milliseconds),
            "gasLimit": .unsigned(transaction.gasLimit),
            "feePayer": transaction.feePayer.map { payer in
                ["account": text(payer.account), "cap": .string(payer.cap.description)]
            } ?? .null,
            "signers": .array(transaction.signers.map(text)),
            "signatures": .array(signed.signatures.map(signature)),
            "raw": .string(signed.canonicalBytes.hexadecimal),
        ]
    }

    private static func signature(_ signature: AccountSignature) -> JSON {
        [
            "signer": .integer(Int64(signature.signer)),
            "scheme": .string("\(signature.publicKey.scheme)"),
            "publicKey": .string(signature.publicKey.bytes.hexadecimal),
            "signature": text(signature.signature),
        ]
    }

    @Sendable static func receipt(_ located: LocatedTransaction) -> JSON {
        receipt(located.receipt, in: located.header, located.blockHash, at: located.index)
    }

    static func receipt(_ receipt: Receipt, in block: CertifiedBlock, at index: Int) -> JSON {
        self.receipt(receipt, in: block.block.header, block.certificate.statement.blockHash, at: index)
    }

    private static func receipt(
        _ receipt: Receipt, in header: BlockHeader, _ blockHash: Digest, at index: Int
    ) -> JSON {
        var object = JSONObject()
        object["transaction"] = text(receipt.transaction)
        object["height"] = .unsigned(header.height)
        object["index"] = .integer(Int64(index))
        object["blockHash"] = text(blockHash)
        object["time"] = .unsigned(header.time.milliseconds)
        addOutcome(receipt.outcome, to: &object)
        object["gasUsed"] = .unsigned(receipt.gasUsed)
        object["events"] = .array(receipt.events.map(event))
        object["raw"] = .string(receipt.canonicalBytes.hexadecimal)
        return .object(object)
    }

    static func addOutcome(_ outcome: Outcome, to object: inout JSONObject) {
        switch outcome {
        case .success(let value):
            object["status"] = "success"
            object["value"] = .string(value.hexadecimal)
        case .failure(let failure):
            object["status"] = "failure"
            object["failure"] = ["code": .string(failure.code), "text": .string(failure.text)]
        }
    }

    static func event(_ event: Event) -> JSON {
        [
            "contract": text(event.contract),
            "name": .string(event.name),
            "topics": .array(event.topics.map(text)),
            "data": .string(event.data.hexadecimal),
        ]
    }

    /// Who signs for an account: its own key, or those of the record.
    static func authentication(_ record: AuthenticationRecord?, in suite: Suite) -> JSON {
        guard let record else { return "address" }
        return [
            "threshold": .unsigned(UInt64(record.threshold)),
            "keys": .array(
                record.weightedKeys.map { weighted in
                    [
                        "scheme": .string("\(weighted.key.scheme)"),
                        "publicKey": .string(weighted.key.bytes.hexadecimal),
                        "weight": .unsigned(UInt64(weighted.weight)),
                        "address": weighted.key.address(in: suite).map(text) ?? .null,
                    ]
                }),
            "raw": .string(record.canonicalBytes.hexadecimal),
        ]
    }

    static func text(_ value: some FixedBytes) -> JSON { .string(value.description) }
}
