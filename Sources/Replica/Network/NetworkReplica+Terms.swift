internal import Consensus
internal import Cryptography
package import Ledger
package import Primitives

extension NetworkReplica {
    /// What does not change in an epoch.
    struct Terms: Sendable {
        let genesis: Genesis
        let epoch: EpochConfiguration
        /// The last decision before it.
        let origin: UInt64
        let chain: ChainTerms
        /// Names chain, group and epoch.
        let context: Digest
        private(set) var directory: NodeDirectory
        /// This node's number in the directory.
        let own: UInt32
        /// By place among the orderers, the node; nil if the directory does not know it.
        private(set) var nodes: [UInt32?]
        /// Where peers reach this node among the orderers.
        let place: UInt32?
        /// As what it may sign: nothing, if its disk is an old copy.
        var orderer: UInt32?
        var certifier: UInt32?
        /// Keys by which this node signs no more, in whatever epoch.
        private(set) var forgotten: [PublicKey]
        let engineRecords: [[UInt8]]
        let baseProof: [UInt8]?
        /// Up to here the logs had blocks at the start.
        let loggedAtStart: UInt64
        let seed: UInt64
        let invitation: Invitation?
        let plant: ReplicaPlant?

        init(_ start: NetworkReplicaStart, _ plant: ReplicaPlant?) {
            let further = start.further.flatMap(\.certificates).map(\.statement.height)
            self.init(
                start.epoch, after: start.origin, of: start.genesis, start.directory, own: start.own,
                records: start.journal.engineRecords(of: start.epoch.number),
                baseProof: start.base?.record.proof,
                loggedAtStart: max(start.head.height, further.max() ?? 0), seed: start.seed, start.invitation, plant,
                forgotten: start.journal.forgottenKeys)
            // Whoever has followed in this epoch has nothing that an engine could begin with.
            if start.base == nil, start.head.decision > start.origin { resign() }
        }

        private init(
            _ epoch: EpochConfiguration, after origin: UInt64, of genesis: Genesis, _ directory: NodeDirectory,
            own: UInt32, records: [[UInt8]], baseProof: [UInt8]?, loggedAtStart: UInt64, seed: UInt64,
            _ invitation: Invitation?, _ plant: ReplicaPlant?, forgotten: [PublicKey]
        ) {
            self.genesis = genesis
            self.epoch = epoch
            self.origin = origin
            chain = genesis.terms
            context = Self.context(of: epoch.number, on: genesis)
            self.directory = directory
            self.own = own
            nodes = epoch.orderers.map { directory.node(of: $0) }
            place = nodes.firstIndex(of: own).map(UInt32.init)
            orderer = place.flatMap { forgotten.contains(epoch.orderers[Int($0)]) ? nil : $0 }
            certifier = epoch.certifiers.firstIndex { directory.node(of: $0) == own && !forgotten.contains($0) }
                .map(UInt32.init)
            self.forgotten = forgotten
            engineRecords = records
            self.baseProof = baseProof
            self.loggedAtStart = loggedAtStart
            self.seed = seed
            self.invitation = invitation
            self.plant = plant
        }

        /// Those of the epoch after this one.
        func next(
            _ epoch: EpochConfiguration, after origin: UInt64, loggedHeight: UInt64, records: [[UInt8]]
        ) -> Terms {
            Terms(
                epoch, after: origin, of: genesis, directory, own: own, records: records, baseProof: nil,
                loggedAtStart: max(loggedAtStart, loggedHeight), seed: seed, invitation, plant,
                forgotten: forgotten)
        }

        /// There are other nodes. What this node itself may do does not depend on them.
        mutating func take(_ directory: NodeDirectory) {
            self.directory = directory
            nodes = epoch.orderers.map { directory.node(of: $0) }
        }

        /// From now on this node has nothing to say in this epoch.
        mutating func resign() { (orderer, certifier) = (nil, nil) }

        /// From now on it signs no more by the keys that it has in this epoch, and gives these back.
        mutating func forgetKeys() -> [PublicKey] {
            let keys = orderer.map { [epoch.orderers[Int($0)]] } ?? []
            let others = certifier.map { [epoch.certifiers[Int($0)]] } ?? []
            let all = keys + others.filter { !keys.contains($0) }
            forgotten += all
            resign()
            return all
        }

        /// How many orderers there are.
        var count: Int { epoch.orderers.count }

        /// The place of a node among the orderers.
        func place(of node: UInt32) -> UInt32? { nodes.firstIndex(of: node).map(UInt32.init) }

        /// The node at a place; nil if nobody can be reached there.
        func node(at place: UInt32) -> UInt32? { Int(place) < nodes.count ? nodes[Int(place)] : nil }

        /// The other orderers, as far as they can be reached.
        var otherNodes: [UInt32] { nodes.compactMap { $0 == own ? nil : $0 } }

        /// As what a node certifies, by its place; nil if it does not.
        func certifier(at place: UInt32) -> UInt32? {
            guard place < count else { return nil }
            let key = epoch.orderers[Int(place)]
            // Mostly the two lists are one.
            if place < epoch.certifiers.count, epoch.certifiers[Int(place)] == key { return place }
            return epoch.certifiers.firstIndex(of: key).map(UInt32.init)
        }

        /// The place of a node that certifies; nil if it does not order.
        func place(ofCertifier certifier: UInt32) -> UInt32? {
            guard Int(certifier) < epoch.certifiers.count else { return nil }
            let key = epoch.certifiers[Int(certifier)]
            if certifier < count, epoch.orderers[Int(certifier)] == key { return certifier }
            return epoch.orderers.firstIndex(of: key).map(UInt32.init)
        }

        static func context(of epoch: UInt64, on genesis: Genesis) -> Digest {
            var encoder = CanonicalEncoder(continuing: Array("cairn.epoch".utf8))
            encoder.encode(genesis.digest)
            encoder.encode(epoch)
            return genesis.suite.hash(encoder.bytes)
        }
    }

    /// Names a chain's epoch in everything that its engine and its lanes sign.
    package static func context(of epoch: UInt64, on genesis: Genesis) -> Digest {
        Terms.context(of: epoch, on: genesis)
    }
}
