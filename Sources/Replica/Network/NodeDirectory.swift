package import Cryptography

/// The nodes that a node may talk to, by the numbers that its shell knows them by, and the keys that each of them orders
/// and certifies with: more than one where keys are rotated.
package struct NodeDirectory: Hashable, Sendable {
    /// By node.
    package let keysByNode: [[PublicKey]]
    private let nodes: [PublicKey: UInt32]

    /// Who has a key first has it.
    package init(keys: [[PublicKey]]) {
        keysByNode = keys
        var nodes: [PublicKey: UInt32] = [:]
        for (node, own) in keys.enumerated() {
            for key in own where nodes[key] == nil { nodes[key] = UInt32(node) }
        }
        self.nodes = nodes
    }

    package var count: Int { keysByNode.count }

    package func node(of key: PublicKey) -> UInt32? { nodes[key] }
}
