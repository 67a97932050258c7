internal import CEd25519

/// Which of the shim's three codes does the arithmetic. They give the same answers.
///
/// The wrapper owns every pointer that the shim sees: each is lent for one call, which reads and writes exactly what its
/// header says, and the arrays' sizes are checked here. The shim keeps nothing.
enum Ed25519Kernel: Sendable, CaseIterable {
    /// One number at a time, on any processor.
    case portable
    /// Four at a time. Demands a processor with AVX2 and FMA.
    case avx2
    /// Eight at a time. Demands a processor with AVX-512 IFMA.
    case ifma

    /// What this processor can run, the fastest last.
    static let present: [Ed25519Kernel] = {
        var present: [Ed25519Kernel] = [.portable]
        if cairn_ed25519_has_avx2() { present.append(.avx2) }
        if cairn_ed25519_has_ifma() { present.append(.ifma) }
        return present
    }()
    static let best = present.last ?? .portable

    /// How many equations a sum is: the member at `index` belongs to equation `index % lanes`.
    var lanes: Int {
        switch self {
        case .portable: cairn_ed25519_lanes_portable
        case .avx2: cairn_ed25519_lanes_avx2
        case .ifma: cairn_ed25519_lanes_ifma
        }
    }

    /// The fewest claims for which an equation is cheaper than single checks (measured).
    var batchClaimsMin: Int {
        switch self {
        case .portable: VerifierLimits.portableBatchClaimsMin
        case .avx2: VerifierLimits.avx2BatchClaimsMin
        case .ifma: VerifierLimits.ifmaBatchClaimsMin
        }
    }

    /// The most claims of one call: in all cases 16 to 32 for an equation, so that a false claim makes few others
    /// doubtful, and the shared doublings are still a small part of the work.
    var batchClaimsMax: Int {
        switch self {
        case .portable: VerifierLimits.portableBatchClaimsMax
        case .avx2: VerifierLimits.avx2BatchClaimsMax
        case .ifma: VerifierLimits.ifmaBatchClaimsMax
        }
    }

    private static let baseTables = BaseTables(filledBy: cairn_ed25519_make_base_tables)
    private static let baseTablesOfAVX2 = BaseTables(filledBy: cairn_ed25519_make_base_tables_avx2)

    /// Tables of 33 KB that are made once and stay. `Sendable`: they are only read afterwards.
    private final class BaseTables: @unchecked Sendable {
        let pointer = UnsafeMutablePointer<cairn_ed25519_base_tables>.allocate(capacity: 1)

        init(filledBy fill: (UnsafeMutablePointer<cairn_ed25519_base_tables>) -> Void) { fill(pointer) }

        deinit { pointer.deallocate() }
    }
}

/// One member of a sum: a key and a commitment, and what they are multiplied with.
struct Ed25519Member {
    let key, commitment: Ed25519Kernel.Point
    let term: cairn_ed25519_term

    /// Adds nothing to any sum.
    static let none = Ed25519Member(
        key: .init(), commitment: .init(), term: cairn_ed25519_term())

    init(
        key: Ed25519Kernel.Point, times keyScalar: InlineArray<4, UInt64>, commitment: Ed25519Kernel.Point,
        times commitmentScalar: UInt128, isNegative: Bool = false
    ) {
        (self.key, self.commitment) = (key, commitment)
        term = cairn_ed25519_term(
            key_scalar: (keyScalar[0], keyScalar[1], keyScalar[2], keyScalar[3]),
            commitment_scalar: (
                UInt64(truncatingIfNeeded: commitmentScalar), UInt64(truncatingIfNeeded: commitmentScalar >> 64)
            ),
            commitment_is_negative: isNegative ? 1 : 0)
    }

    private init(key: Ed25519Kernel.Point, commitment: Ed25519Kernel.Point, term: cairn_ed25519_term) {
        (self.key, self.commitment, self.term) = (key, commitment, term)
    }
}

extension Ed25519Kernel {
    typealias Point = cairn_ed25519_point

    /// Decodes points by ZIP 215. `isPoint` is 1, or 0 where there is none; then the point means nothing.
    func decode(_ encodings: [InlineArray<4, UInt64>]) -> (points: [Point], isPoint: [UInt8]) {
        var points = [Point](repeating: Point(), count: encodings.count)
        var isPoint = [UInt8](repeating: 0, count: encodings.count)
        guard !encodings.isEmpty else { return ([], []) }
        encodings.withUnsafeBytes { encodings in
            points.withUnsafeMutableBufferPointer { points in
                isPoint.withUnsafeMutableBufferPointer { isPoint in
                    let bytes = encodings.assumingMemoryBound(to: UInt8.self).baseAddress
                    switch self {
                    case .portable:
                        cairn_ed25519_decode_portable(bytes, points.count, points.baseAddress, isPoint.baseAddress)
                    case .avx2:
                        cairn_ed25519_decode_avx2(bytes, points.count, points.baseAddress, isPoint.baseAddress)
                    case .ifma:
                        cairn_ed25519_decode_ifma(bytes, points.count, points.baseAddress, isPoint.baseAddress)
                    }
                }
            }
        }
        return (points, isPoint)
    }

    /// For each equation, whether [8](base scalar B + the sum of its members) is the neutral point.
    ///
    /// `baseScalars` has one scalar for each lane. With `hasShortKeys` the members' key scalars are below 2^128.
    func sumsVanish(_ members: [Ed25519Member], _ baseScalars: [Scalar], hasShortKeys: Bool) -> [Bool] {
        precondition(baseScalars.count == lanes, "each equation has one scalar for the base point")
        let count = (members.count + lanes - 1) / lanes * lanes
        let padding = repeatElement(Ed25519Member.none, count: count - members.count)
        let sum = Sum(
            keys: members.map(\.key) + padding.map(\.key),
            commitments: members.map(\.commitment) + padding.map(\.commitment),
            terms: members.map(\.term) + padding.map(\.term), baseScalars: baseScalars.map(\.words),
            hasShortKeys: hasShortKeys)
        let vanishing = vanishing(sum)
        return (0..<lanes).map { vanishing >> UInt32($0) & 1 == 1 }
    }

    private struct Sum {
        /// All three have as many elements, a multiple of the number of lanes.
        let keys, commitments: [Point]
        let terms: [cairn_ed25519_term]
        let baseScalars: [InlineArray<4, UInt64>]
        let hasShortKeys: Bool
    }

    private func vanishing(_ sum: Sum) -> UInt32 {
        let workspaceByteCount = cairn_ed25519_workspace_bytes(sum.terms.count)
        return withUnsafeTemporaryAllocation(byteCount: max(64, workspaceByteCount), alignment: 64) { workspace in
            sum.baseScalars.withUnsafeBytes { scalars in
                let scalars = scalars.assumingMemoryBound(to: UInt64.self).baseAddress
                switch self {
                case .portable:
                    return cairn_ed25519_sums_vanish_portable(
                        Self.baseTables.pointer, sum.keys, sum.commitments, sum.terms, sum.terms.count,
                        sum.hasShortKeys, scalars, workspace.baseAddress)
                case .avx2:
                    return cairn_ed25519_sums_vanish_avx2(
                        Self.baseTablesOfAVX2.pointer, sum.keys, sum.commitments, sum.terms, sum.terms.count,
                        sum.hasShortKeys, scalars, workspace.baseAddress)
                case .ifma:
                    return cairn_ed25519_sums_vanish_ifma(
                        Self.baseTables.pointer, sum.keys, sum.commitments, sum.terms, sum.terms.count,
                        sum.hasShortKeys, scalars, workspace.baseAddress)
                }
            }
        }
    }

    /// SHA-512 of messages of 12 words each. Demands `.ifma`.
    func hashes(ofMessages messages: [UInt64]) -> [InlineArray<8, UInt64>] {
        let count = messages.count / 12
        let padded = (count + 7) / 8 * 8
        let messages = messages + repeatElement(0, count: 12 * padded - messages.count)
        var hashes = [InlineArray<8, UInt64>](repeating: .init(repeating: 0), count: padded)
        guard count > 0 else { return [] }
        hashes.withUnsafeMutableBytes { hashes in
            cairn_sha512_of_96_bytes_ifma(messages, padded, hashes.assumingMemoryBound(to: UInt64.self).baseAddress)
        }
        hashes.removeLast(padded - count)
        return hashes
    }
}
