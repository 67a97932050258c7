internal import Cryptography
internal import Ledger
internal import Primitives

extension FuzzTarget {
    /// What a node does with the bytes of a transaction before it looks at its state.
    static let stateless = FuzzTarget("stateless", seeds: { FuzzChain.transactions }) { bytes throws(FuzzFailure) in
        let check = StatelessCheck(terms: FuzzChain.genesis.terms)
        guard let signed = try? check.decode(bytes) else { return }
        try demand(signed.canonicalBytes == bytes, "what is accepted is coded otherwise")
        let checks = check.signatureChecks(of: signed)
        try demand(checks.count == signed.signatures.count, "a signature is not checked")
        try demand(
            signed.identity == signed.transaction.identity(in: FuzzChain.genesis.suite), "it goes by another identity")
        _ = checks.map(\.isValid)
    }

    /// A light client. No bytes but the genuine proof may convince it that something is in the chain.
    static let proof = FuzzTarget("proof", seeds: { FuzzChain.proofs }) { bytes throws(FuzzFailure) in
        guard let proof = try? LedgerProof(canonicalBytes: bytes) else { return }
        try demand(proof.canonicalBytes == bytes, "what decodes is coded otherwise")
        var client = LightClient(genesis: FuzzChain.genesis, verifier: SerialVerifier())
        guard (try? proof.verify(with: &client)) != nil else { return }
        try demand(FuzzChain.holds(proof.subject), "a client accepts what is not in the chain")
    }

    /// A tree over pages of a damaged disk: the root never comes from a page that does not belong there.
    static let treePages = FuzzTarget("tree-pages", seeds: { TreeSource.seeds }) { bytes throws(FuzzFailure) in
        var input = FuzzInput(bytes)
        let source = TreeSource(&input)
        var tree = StateTree(suite: .international, cachedPagesMax: 4)
        guard let root = try? tree.root(from: source) else { return }
        for leaf in TreeSource.leaves + [LeafChange(path: Digest(words: [1, 2, 3, 4]), value: nil)] {
            guard let proof = try? tree.proof(for: leaf.path, from: source) else { continue }
            let value = proof.leaf.flatMap { $0.path == leaf.path ? $0.value : nil }
            try demand(
                proof.proves(value: value, at: leaf.path, root: root, in: .international),
                "a proof that does not lead to the root")
        }
        guard let changed = try? tree.update([LeafChange(path: TreeSource.leaves[0].path, value: root)], from: source)
        else { return }
        try demand((try? tree.root(from: source)) == changed, "the root is not what the update gave")
    }
}

// MARK: - Damaged pages

/// A small tree's pages, of which the input replaces some.
private final class TreeSource: TreePageSource {
    private var pages: [TreePosition: [UInt8]]

    /// The input: again and again the page's number, the count of its bytes, the bytes.
    init(_ input: inout FuzzInput) {
        pages = Self.whole
        while !input.isEmpty, !Self.order.isEmpty {
            let position = Self.order[Int(input.byte()) % Self.order.count]
            let bytes = input.bytes(Int(input.number(byteCount: 2)))
            pages[position] = bytes.isEmpty ? nil : bytes
        }
    }

    private init(_ pages: [TreePosition: [UInt8]]) { self.pages = pages }

    func page(at position: TreePosition) throws(StateUnavailable) -> [UInt8]? { pages[position] }

    static let leaves: [LeafChange] = (0..<40).map { number in
        let key = StateKey(contract: .system(7), key: [UInt8(number)])
        let value = StateKey.digest(ofValue: [UInt8(number), 1], in: .international)
        return LeafChange(path: key.path(in: .international), value: value)
    }.sorted { $0.path < $1.path }

    private static let whole: [TreePosition: [UInt8]] = {
        var tree = StateTree(suite: .international, cachedPagesMax: 100)
        guard (try? tree.update(leaves, from: TreeSource([:]))) != nil else { return [:] }
        tree.freeze()
        var pages: [TreePosition: [UInt8]] = [:]
        for change in tree.takeFrozenPages(atMost: .max) { pages[change.position] = change.bytes }
        return pages
    }()

    private static let order = whole.keys.sorted { ($0.depth, $0.prefix) < ($1.depth, $1.prefix) }

    static var seeds: [[UInt8]] {
        order.enumerated().map { number, position in
            let bytes = whole[position] ?? []
            return [UInt8(number), UInt8(bytes.count & 0xFF), UInt8(bytes.count >> 8)] + bytes
        } + [[]]
    }
}
