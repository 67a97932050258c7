internal import Networking

extension CanonicalForm {
    /// What nodes say to each other before they are connected.
    static let peers: [CanonicalForm] = [
        CanonicalForm(PeerHello.self) {
            PeerHello(
                genesis: $0.fixed(), groups: [0, 3, 9], role: .observer, chain: [[1, 2], []], software: $0.name(5))
        },
        CanonicalForm(PeerRefusal.self) { .wrongGenesis(ours: $0.fixed()) },
        CanonicalForm(PeerRefusal.self) { _ in .notAdmitted(.other("a text")) },
        CanonicalForm(PeerRefusal.self) { .cutOff(milliseconds: $0.number()) },
        CanonicalForm(AdmissionRefusal.self) { _ in .notOnList },
    ]
}
