import CairnClient
import Cryptography
import Ledger

/// What the options of `cairn network up` say; nil for what they leave open.
struct NetworkRequest {
    private let organisations: Int?
    private let names: [String]?
    private let engine: EngineKind?
    private let suite: Suite?
    private let portBase, peerPortBase: UInt16?
    private let command: Command

    static let engineNames = EngineKind.allCases.map { "\($0)" }

    init(_ invocation: Invocation) throws {
        command = invocation.command
        organisations = try Self.number("organisations", Int.self, invocation)
        names = invocation.option("names")?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        suite = try invocation.suite()?.suite
        portBase = try Self.number("port-base", UInt16.self, invocation)
        peerPortBase = try Self.number("peer-port-base", UInt16.self, invocation)
        engine = try Self.engine(invocation)
        if let names, let organisations, names.count != organisations {
            throw CommandError.usage(
                "--names names \(names.count) organisations, and --organisations says \(organisations)", command)
        }
    }

    /// What --engine says; nil if it is not given.
    static func engine(_ invocation: Invocation) throws -> EngineKind? {
        try invocation.option("engine").map { text in
            guard let engine = EngineKind.allCases.first(where: { "\($0)" == text }) else {
                throw CommandError.usage(
                    "--engine takes \(engineNames.joined(separator: ", ")), not \"\(text)\"", invocation.command)
            }
            return engine
        }
    }

    private static func number<Number: FixedWidthInteger>(
        _ name: String, _ type: Number.Type, _ invocation: Invocation
    ) throws -> Number? {
        try invocation.option(name).map { _ in try invocation.number(name, default: Number.zero) }
    }

    /// What is to be made where there is nothing yet.
    func plan() throws -> NetworkPlan {
        let count = organisations ?? NetworkLimits.organisations
        guard names != nil || (1...NetworkLimits.organisationsMax).contains(count) else {
            throw CommandError.usage(
                "--organisations takes a number from 1 to \(NetworkLimits.organisationsMax), not \(count)", command)
        }
        let names = names ?? NetworkPlan.organisationNames(count)
        if let flaw = NetworkPlan.flaw(ofOrganisations: names) { throw CommandError.usage(flaw, command) }
        let engine = engine ?? (names.count == 1 ? .solo : .fbft)
        guard engine != .solo || names.count == 1 else {
            throw CommandError.usage(
                "the engine solo is for one node; for \(names.count) organisations take raft, pbft or fbft", command)
        }
        return NetworkPlan(
            organisations: names, engine: engine, suite: suite ?? .international,
            portBase: portBase ?? NetworkLimits.portBase, peerPortBase: peerPortBase ?? NetworkLimits.peerPortBase)
    }

    /// Throws if an option asks for something else than what is there.
    func requireAgreement(with plan: NetworkPlan, in path: String) throws {
        let pairs: [(name: String, asked: String?, made: String)] = [
            ("organisations", organisations.map(String.init), "\(plan.organisations.count)"),
            ("names", names?.joined(separator: ","), plan.organisations.joined(separator: ",")),
            ("engine", engine.map { "\($0)" }, "\(plan.engine)"),
            ("suite", suite.map { "\($0)" }, "\(plan.suite)"),
            ("port-base", portBase.map { "\($0)" }, "\(plan.portBase)"),
            ("peer-port-base", peerPortBase.map { "\($0)" }, "\(plan.peerPortBase)"),
        ]
        for pair in pairs {
            guard let asked = pair.asked, asked != pair.made else { continue }
            throw CommandError.failed(
                "the network in \(path) was made with --\(pair.name) \(pair.made), not \(asked); leave the option out "
                    + "to start it, or name a new folder")
        }
    }
}
