internal import Cryptography
internal import HTTP
internal import Ledger

/// The schemas that the description names once and refers to.
enum SharedSchema: String, CaseIterable, Sendable {
    case address = "Address"
    case digest = "Digest"
    case bytes = "Bytes"
    case signature = "Signature"
    case publicKey = "PublicKey"
    case amount = "Amount"
    case unsigned = "Unsigned"
    case milliseconds = "Milliseconds"
    case chain = "Chain"
    case network = "Network"
    case failure = "Failure"
    case event = "Event"
    case placedEvent = "PlacedEvent"
    case foundEvent = "FoundEvent"
    case successfulReceipt = "SuccessfulReceipt"
    case failedReceipt = "FailedReceipt"
    case receipt = "Receipt"
    case expiredTransaction = "ExpiredTransaction"
    case transaction = "Transaction"
    case transactionError = "TransactionError"
    case certificate = "Certificate"
    case block = "Block"
    case blockSummary = "BlockSummary"
    case authenticationRecord = "AuthenticationRecord"
    case account = "Account"
    case organisation = "Organisation"
    case memberNode = "MemberNode"
    case governanceAction = "GovernanceAction"
    case governanceProposal = "GovernanceProposal"
    case place = "Place"
    case historicalValue = "HistoricalValue"
    case proof = "Proof"
    case subscription = "Subscription"
    case description = "Description"

    var schema: Schema {
        switch self {
        case .address: .text(matching: "^0x[0-9a-f]{40}$", "An account or a contract: 20 bytes.")
        case .digest: .text(matching: "^0x[0-9a-f]{64}$", "A digest of the chain's hash: 32 bytes.")
        case .bytes: .text(matching: "^0x([0-9a-f]{2})*$", "Bytes, two hexadecimal digits for each.")
        case .signature: .text(matching: "^0x[0-9a-f]{128}$", "A signature: 64 bytes.")
        case .publicKey:
            .text(
                matching: "^(\(Self.schemes.joined(separator: "|"))):0x([0-9a-f]{2})*$", "A public key with its scheme."
            )
        case .amount:
            .text(
                matching: "^(0|[1-9][0-9]*)$",
                "A whole number as a text, since many JSON readers round large ones. Of assets, the smallest units.")
        case .unsigned: .integer(0...(.max), "A whole number of 64 bits.")
        case .milliseconds: .integer(0...(.max), "A time in milliseconds since 1970 (UTC).")
        case .chain: Self.chainSchema
        case .network: Self.networkSchema
        case .failure: .object([.required("code", .text), .required("text", .text)], "Why a transaction failed.")
        case .event: .object(Self.eventMembers, "What a contract reported of its doing.")
        case .placedEvent: Self.placedEventSchema
        case .foundEvent: Self.foundEventSchema
        case .successfulReceipt: Self.receiptSchema(Self.successMembers)
        case .failedReceipt: Self.receiptSchema(Self.failureMembers)
        case .receipt:
            .oneOf([.shared(.successfulReceipt), .shared(.failedReceipt)], "What became of a transaction in a block.")
        case .expiredTransaction: Self.expiredSchema
        case .transaction: Self.transactionSchema
        case .transactionError: Self.transactionErrorSchema
        case .certificate: Self.certificateSchema
        case .block: Self.blockSchema
        case .blockSummary: Self.blockSummarySchema
        case .authenticationRecord: Self.authenticationRecordSchema
        case .account: Self.accountSchema
        case .organisation: Self.organisationSchema
        case .memberNode: Self.memberNodeSchema
        case .governanceAction: Self.governanceActionSchema
        case .governanceProposal: Self.governanceProposalSchema
        case .place:
            .object([.required("height", .shared(.unsigned)), .required("index", .index)], "A place in the chain.")
        case .historicalValue: Self.historicalValueSchema
        case .proof:
            .object(
                [.required("height", .shared(.unsigned)), .required("proof", .shared(.bytes))],
                "A proof of the block of a height.")
        case .subscription: .text(matching: "^0x(0|[1-9a-f][0-9a-f]{0,15})$", "A subscription of the connection.")
        case .description: Self.descriptionSchema
        }
    }

    static let schemes = SignatureScheme.allCases.map { "\($0)" }
}

extension Schema {
    /// A place in a list, or a count of what one holds.
    static let index = integer(0...UInt64(UInt32.max))
}
