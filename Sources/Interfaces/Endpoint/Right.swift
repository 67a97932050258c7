package import Cryptography

/// What a caller may do. Every method needs one of these (`MethodDescription.right`).
package enum Right: UInt8, CaseIterable, Sendable {
    /// To ask for what is on the chain, and to be told of it.
    case read
    /// To hand in transactions. Whether they take effect is for the chain's own rules.
    case submit
    /// To ask for what concerns the node itself.
    case operate

    package var name: String { "\(self)" }
}

/// Some of the rights.
package struct Rights: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package init(_ rights: [Right]) { self.init(rawValue: rights.reduce(0) { $0 | 1 << $1.rawValue }) }

    package static let all = Rights(Right.allCases)

    /// Those of a member organisation's certificates, by their role.
    package init(_ role: CertificateRole) {
        switch role {
        case .node, .auditor: self.init([.read])
        case .client: self.init([.read, .submit])
        case .administrator: self = .all
        }
    }

    package func allow(_ right: Right) -> Bool { contains(Rights([right])) }

    package var list: [Right] { Right.allCases.filter(allow) }
}
