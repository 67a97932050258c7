import Ledger
import Primitives
import Testing

@Suite struct QuorumRuleTests {
    private func signers(_ count: Int) -> SignerSet { SignerSet(0..<UInt32(count)) }

    /// The least number of signers for which `test` holds; it must hold for all above, too.
    private func least(of count: Int, _ test: (SignerSet) -> Bool) -> Int {
        let least = (0...count).first { test(signers($0)) } ?? .max
        for more in 0...count { #expect(test(signers(more)) == (more >= least)) }
        return least
    }

    @Test(arguments: 1...40) func byzantine(_ count: Int) {
        let rule = QuorumRule(model: .byzantine, count: count)
        let quorum = least(of: count, rule.isQuorum)
        let available = least(of: count, rule.isAvailable)
        #expect(quorum == Int((Double(2 * count) / 3).rounded(.down)) + 1)
        #expect(available == Int((Double(count - 1) / 3).rounded(.down)) + 1)
        // Two quorums share more than the faulty; a quorum is there without the faulty; so is one who is not faulty.
        let faulty = available - 1
        #expect(2 * quorum - count > faulty && quorum <= count - faulty && 3 * faulty < count)
    }

    @Test(arguments: 1...40) func crash(_ count: Int) {
        let rule = QuorumRule(model: .crash, count: count)
        let quorum = least(of: count, rule.isQuorum)
        let available = least(of: count, rule.isAvailable)
        #expect(quorum == Int((Double(count) / 2).rounded(.down)) + 1)
        #expect(available == Int((Double(count - 1) / 2).rounded(.down)) + 1)
        #expect(2 * quorum > count && quorum <= count - (available - 1))
    }

    @Test(arguments: 1...40) func none(_ count: Int) {
        let rule = QuorumRule(model: .none, count: count)
        #expect(least(of: count, rule.isQuorum) == count)
        #expect(least(of: count, rule.isAvailable) == 1)
    }

    @Test func strangersDoNotCount() {
        let rule = QuorumRule(model: .byzantine, count: 4)
        #expect(!rule.isQuorum(SignerSet([0, 1, 4, 5, 6, .max])))
        #expect(rule.isQuorum(SignerSet([0, 1, 3, 4])))
        #expect(!rule.isAvailable(SignerSet([3, 4, 5])))
    }

    @Test func signersCountOnce() {
        #expect(SignerSet([3, 1, 3, 2, 1]).indices == [1, 2, 3])
        var samples = Samples(seed: 31)
        for _ in 0..<200 {
            let list = samples.array(below: 20) { UInt32($0.number(below: 10)) }
            var inserted = SignerSet()
            for index in list { inserted.insert(index) }
            #expect(inserted.indices == Set(list).sorted())
            #expect(SignerSet(list) == inserted)
        }
    }

    @Test func rulesOfNobodyOrTooManyAreRefused() {
        #expect(throws: CodingError.self) { try QuorumRule(canonicalBytes: [2, 0, 0, 0, 0]) }
        #expect(throws: CodingError.self) { try QuorumRule(canonicalBytes: [2, 1, 4, 0, 0]) }
        #expect(throws: CodingError(.unknownVariant(3), at: 0)) { try QuorumRule(canonicalBytes: [3, 4, 0, 0, 0]) }
    }

    @Test func weakerModelsAreLess() { #expect(FaultModel.allCases.sorted() == [.none, .crash, .byzantine]) }
}
