import Cryptography
import HTTP
import Ledger

/// What a network was made as: `network.json`.
struct NetworkPlan: Hashable, Sendable {
    static let version: Int64 = 1

    /// Each has one node. Invariant: at least one; no name is there twice.
    let organisations: [String]
    let engine: EngineKind
    let suite: Suite
    /// Where the search for free ports began; 0 if the system was asked for some.
    let portBase, peerPortBase: UInt16

    /// What each organisation calls its node, and how the network does.
    static let memberNode = "node-1"
    static func nodeName(_ organisation: String) -> String { "\(memberNode).\(organisation)" }

    /// With one more organisation.
    func adding(_ organisation: String) -> NetworkPlan {
        NetworkPlan(
            organisations: organisations + [organisation], engine: engine, suite: suite, portBase: portBase,
            peerPortBase: peerPortBase)
    }

    var nodeNames: [String] { organisations.map(Self.nodeName) }
}

// MARK: - Names

extension NetworkPlan {
    /// The spelling alphabet of radio operators.
    private static let names = [
        "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo", "lima",
        "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey",
        "xray", "yankee", "zulu",
    ]

    /// The names of organisations that nobody has named.
    static func organisationNames(_ count: Int) -> [String] {
        (0..<count).map { $0 < names.count ? names[$0] : "organisation-\($0 + 1)" }
    }

    /// Why these can't be the organisations of a network; nil if they can.
    static func flaw(ofOrganisations names: [String]) -> String? {
        guard (1...NetworkLimits.organisationsMax).contains(names.count) else {
            return "a network has 1 to \(NetworkLimits.organisationsMax) organisations, not \(names.count)"
        }
        for name in names {
            guard MemberName(name) != nil else {
                return "\"\(name.prefix(80))\" can't name an organisation: use up to "
                    + "\(MemberLimits.nameByteCountMax) of a-z, 0-9 and '-', a letter first, no '-' last"
            }
        }
        guard Set(names).count == names.count else { return "two organisations have one name" }
        return nil
    }
}

// MARK: - JSON

extension NetworkPlan {
    var json: JSON {
        [
            "version": .integer(Self.version), "organisations": .array(organisations.map(JSON.string)),
            "engine": .string("\(engine)"), "suite": .string("\(suite)"), "portBase": .integer(Int64(portBase)),
            "peerPortBase": .integer(Int64(peerPortBase)),
        ]
    }

    /// Nil if it is not the JSON of a plan of this version.
    init?(json: JSON) {
        guard json["version"] == .integer(Self.version), let list = json["organisations"]?.arrayValue,
            let engine = EngineKind.allCases.first(where: { json["engine"] == .string("\($0)") }),
            let suite = Suite.allCases.first(where: { json["suite"] == .string("\($0)") }),
            let portBase = json["portBase"]?.uint64Value.flatMap(UInt16.init(exactly:)),
            let peerPortBase = json["peerPortBase"]?.uint64Value.flatMap(UInt16.init(exactly:))
        else { return nil }
        let organisations = list.compactMap(\.stringValue)
        guard organisations.count == list.count, Self.flaw(ofOrganisations: organisations) == nil else { return nil }
        self.init(
            organisations: organisations, engine: engine, suite: suite, portBase: portBase, peerPortBase: peerPortBase)
    }
}
