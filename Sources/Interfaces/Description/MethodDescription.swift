internal import HTTP

/// What a method takes and gives: the names of its parameters are read by it, and the description is made of it.
struct MethodDescription: Sendable {
    let method: CairnMethod
    /// What a caller must be allowed, where callers are known.
    let right: Right
    /// One line.
    let summary: String
    /// More, in whole sentences; may be empty.
    let details: String
    let parameters: [ParameterDescription]
    let result: ResultDescription
    /// Besides those that every method may have.
    let errors: [InterfaceError]
    let needsWebSocket: Bool
    /// The names of the parameters, in their order.
    let names: [String]

    init(
        _ method: CairnMethod, _ right: Right, _ summary: String, _ details: String = "",
        parameters: [ParameterDescription] = [],
        result: ResultDescription, errors: [InterfaceError] = [], needsWebSocket: Bool = false
    ) {
        self.method = method
        self.right = right
        self.summary = summary
        self.details = details
        self.parameters = parameters
        self.result = result
        self.errors = errors
        self.needsWebSocket = needsWebSocket
        names = parameters.map(\.name)
    }
}

struct ParameterDescription: Sendable {
    let name: String
    let help: String
    let schema: Schema
    let isRequired: Bool

    static func required(_ name: String, _ help: String, _ schema: Schema) -> ParameterDescription {
        ParameterDescription(name: name, help: help, schema: schema, isRequired: true)
    }

    static func optional(_ name: String, _ help: String, _ schema: Schema) -> ParameterDescription {
        ParameterDescription(name: name, help: help, schema: schema, isRequired: false)
    }

    /// The same as a member of an object.
    var member: Schema.Member { Schema.Member(name: name, schema: schema, isRequired: isRequired) }
}

struct ResultDescription: Sendable {
    let name: String
    let schema: Schema

    init(_ name: String, _ schema: Schema) {
        self.name = name
        self.schema = schema
    }
}

extension CairnMethod {
    /// The table of all methods.
    var description: MethodDescription {
        switch self {
        case .chain: .chain
        case .network: .network
        case .sendTransaction: .sendTransaction
        case .sendTransactions: .sendTransactions
        case .waitForReceipt: .waitForReceipt
        case .getReceipt: .getReceipt
        case .getTransaction: .getTransaction
        case .getBlock: .getBlock
        case .getAccount: .getAccount
        case .getHistory: .getHistory
        case .getValue: .getValue
        case .getTransactionsOfAccount: .getTransactionsOfAccount
        case .getEvents: .getEvents
        case .call: .call
        case .organisations: .organisations
        case .proposals: .proposals
        case .proposal: .proposal
        case .getProof: .getProof
        case .subscribe: .subscribe
        case .unsubscribe: .unsubscribe
        case .discover: .discover
        }
    }
}
