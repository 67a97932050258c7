import Contracts
import Ledger

/// Governance as one would write it on a napkin: dictionaries by texts, everything looked up anew.
struct NaiveGovernance {
    struct Organisation: Equatable {
        var administrators: Set<Int>
        /// By name: the number of the keys, and whether it is a validator.
        var nodes: [String: Node]
        var roots: Set<Int>
    }

    struct Node: Equatable {
        let key: Int
        let isValidator: Bool
    }

    enum Action {
        case add(String, Organisation)
        case remove(String)
        case addNode(String, String, Node)
        case changeNode(String, String, Node)
        case removeNode(String, String)
        case administrators(String, Set<Int>)
        case addRoot(String, Int)
        case removeRoot(String, Int)
        case rule(VotingRule)
    }

    struct Proposal {
        let by: String
        let actions: [Action]
        let expiry: UInt64
        var votes: [String: Bool]
        /// "open" as long as nobody has noticed anything else.
        var state = "open"
    }

    var organisations: [String: Organisation]
    var rule = VotingRule.majority
    /// By number, from 1.
    var proposals: [Proposal] = []
    /// The keys that order next.
    var validators: Set<Int>

    init(_ organisations: [String: Organisation]) {
        self.organisations = organisations
        validators = Self.validators(of: organisations)
    }

    static func validators(of organisations: [String: Organisation]) -> Set<Int> {
        Set(organisations.flatMap { $0.value.nodes.filter(\.value.isValidator).map(\.value.key) })
    }

    func organisation(of administrator: Int) -> String? {
        organisations.first { $0.value.administrators.contains(administrator) }?.key
    }

    // MARK: What is asked for

    /// The failure's code, or the state of the new proposal.
    mutating func propose(_ actions: [Action], by administrator: Int, now: UInt64, expiry: UInt64) -> String {
        guard let name = organisation(of: administrator) else { return "notAnAdministrator" }
        guard after(actions) != nil else { return "notAllowed" }
        let open = proposals.indices.filter { state($0 + 1, now: now) == "open" }
        guard open.count < 64, open.count(where: { proposals[$0].by == name }) < 8 else { return "tooManyOpen" }
        for index in proposals.indices { proposals[index].state = state(index + 1, now: now) }
        proposals.append(Proposal(by: name, actions: actions, expiry: expiry, votes: [name: true]))
        return settle(proposals.count)
    }

    mutating func vote(_ isYes: Bool, on number: Int, by administrator: Int, now: UInt64) -> String {
        guard let name = organisation(of: administrator) else { return "notAnAdministrator" }
        guard proposals.indices.contains(number - 1) else { return "noProposal" }
        guard state(number, now: now) == "open" else { return "ended" }
        if let vote = proposals[number - 1].votes[name], vote != isYes { return "voted" }
        proposals[number - 1].votes[name] = isYes
        return settle(number)
    }

    func state(_ number: Int, now: UInt64) -> String {
        let proposal = proposals[number - 1]
        return proposal.state == "open" && proposal.expiry <= now ? "expired" : proposal.state
    }

    // MARK: Counting

    private mutating func settle(_ number: Int) -> String {
        let proposal = proposals[number - 1]
        let needed = needed(organisations.count)
        let votes = proposal.votes.filter { organisations[$0.key] != nil }
        let isOwn = proposal.actions.allSatisfy { action in
            if case .administrators(let name, _) = action { name == proposal.by } else { false }
        }
        if isOwn || votes.count(where: \.value) >= needed {
            proposals[number - 1].state = carryOut(proposal.actions, except: number) ? "executed" : "failed"
        } else if organisations.count - votes.count(where: { !$0.value }) < needed {
            proposals[number - 1].state = "rejected"
        }
        return proposals[number - 1].state
    }

    private func needed(_ count: Int) -> Int {
        switch rule {
        case .majority: count / 2 + 1
        case .twoThirds: (1...count).first { 3 * $0 >= 2 * count } ?? count
        case .all: count
        case .number(let number): Int(number)
        }
    }

    private mutating func carryOut(_ actions: [Action], except number: Int) -> Bool {
        guard let next = after(actions) else { return false }
        (organisations, rule, validators) = (next.organisations, next.rule, next.validators)
        for case .remove(let name) in actions {
            for index in proposals.indices where index != number - 1 && proposals[index].state == "open" {
                proposals[index].votes[name] = nil
            }
        }
        return true
    }

    /// What would follow; nil if it can't hold.
    private func after(_ actions: [Action]) -> NaiveGovernance? {
        var next = self
        for action in actions { guard next.carryOut(action) else { return nil } }
        let all = Array(next.organisations.values)
        let keys = all.flatMap { $0.nodes.values.map(\.key) }
        let administrators = all.flatMap(\.administrators)
        let roots = all.flatMap(\.roots)
        guard !all.isEmpty, Set(keys).count == keys.count, Set(administrators).count == administrators.count,
            Set(roots).count == roots.count, all.allSatisfy({ !$0.administrators.isEmpty && !$0.roots.isEmpty }),
            all.allSatisfy({ $0.roots.count <= 4 }), next.needed(all.count) <= all.count
        else { return nil }
        next.validators = Self.validators(of: next.organisations)
        // Four of the engine bear one fault, and no fewer do.
        guard next.validators.count > 3 || next.validators == validators || validators.count < 4,
            !next.validators.isEmpty
        else { return nil }
        return next
    }

    private mutating func carryOut(_ action: Action) -> Bool {
        switch action {
        case .add(let name, let organisation):
            guard organisations[name] == nil else { return false }
            organisations[name] = organisation
        case .remove(let name): return organisations.removeValue(forKey: name) != nil
        case .addNode(let name, let node, let value):
            guard organisations[name] != nil, organisations[name]?.nodes[node] == nil else { return false }
            organisations[name]?.nodes[node] = value
        case .changeNode(let name, let node, let value):
            guard organisations[name]?.nodes[node] != nil else { return false }
            organisations[name]?.nodes[node] = value
        case .removeNode(let name, let node):
            return organisations[name]?.nodes.removeValue(forKey: node) != nil
        case .administrators(let name, let numbers):
            guard organisations[name] != nil else { return false }
            organisations[name]?.administrators = numbers
        case .addRoot(let name, let root): return organisations[name]?.roots.insert(root).inserted == true
        case .removeRoot(let name, let root): return organisations[name]?.roots.remove(root) != nil
        case .rule(let rule): self.rule = rule
        }
        return true
    }
}

// MARK: - As the contract has it

extension NaiveGovernance.Organisation {
    func value(_ name: String) -> Ledger.Organisation {
        Organisation(
            name: TestMembers.name(name), authorities: roots.map { TestMembers.roots[$0] },
            administrators: administrators.map(TestMembers.administrator),
            nodes: nodes.map { $0.value.value($0.key) })
    }
}

extension NaiveGovernance.Node {
    func value(_ name: String) -> MemberNode {
        TestMembers.node(name, key: key, isValidator ? .validator : .observer)
    }
}

extension NaiveGovernance.Action {
    var value: GovernanceAction {
        let suite = TestBlocks.suite
        return switch self {
        case .add(let name, let organisation): .addOrganisation(organisation.value(name))
        case .remove(let name): .removeOrganisation(TestMembers.name(name))
        case .addNode(let name, let node, let value): .addNode(TestMembers.name(name), value.value(node))
        case .changeNode(let name, let node, let value): .changeNode(TestMembers.name(name), value.value(node))
        case .removeNode(let name, let node): .removeNode(TestMembers.name(name), node: TestMembers.name(node))
        case .administrators(let name, let numbers):
            .setAdministrators(TestMembers.name(name), numbers.map(TestMembers.administrator).sorted())
        case .addRoot(let name, let root): .addAuthority(TestMembers.name(name), TestMembers.roots[root])
        case .removeRoot(let name, let root):
            .removeAuthority(TestMembers.name(name), suite.hash(TestMembers.roots[root]))
        case .rule(let rule): .setRule(rule)
        }
    }
}
