internal import Foundation
package import HTTP
package import Primitives

/// How a node sees the network of its chain: what `cairn_network` answers.
package struct NetworkReport: Hashable, Sendable {
    /// What the node does at present.
    package enum Stage: String, Sendable, CaseIterable {
        /// It recovers, or has not heard from enough others yet.
        case starting
        /// It fetches a state to begin with.
        case joining
        /// It executes what others decide.
        case following
        /// It takes part.
        case running
        /// It does nothing more, and needs its operator.
        case halted
    }

    /// Another node.
    package struct Peer: Hashable, Sendable {
        /// Its place in the list of nodes.
        package let number: UInt32
        package let name: String
        package let organisation: String
        package let isConnected: Bool
        /// The highest block that it has told of; nil if it has told of none.
        package let height: UInt64?

        package init(number: UInt32, name: String, organisation: String, isConnected: Bool, height: UInt64?) {
            (self.number, self.name, self.organisation) = (number, name, organisation)
            (self.isConnected, self.height) = (isConnected, height)
        }
    }

    /// The node's own place in the list of nodes.
    package let own: UInt32
    package let height, epoch: UInt64
    /// Of what the epoch is: with its number an invitation for those who join.
    package let epochDigest: Digest
    /// The name of the consensus engine.
    package let engine: String
    package let view: UInt64
    /// Who leads the view; nil if nobody does, or the node does not know.
    package let leader: UInt32?
    package let stage: Stage
    /// All others, connected or not.
    package let peers: [Peer]
    /// When the node's certificate, or the first of its chain, ends; nil if it has none.
    package let certificateEnds: Timestamp?

    package init(
        own: UInt32, height: UInt64, epoch: UInt64, epochDigest: Digest, engine: String, view: UInt64, leader: UInt32?,
        stage: Stage,
        peers: [Peer], certificateEnds: Timestamp?
    ) {
        (self.own, self.height, self.epoch, self.engine) = (own, height, epoch, engine)
        self.epochDigest = epochDigest
        (self.view, self.leader, self.stage) = (view, leader, stage)
        (self.peers, self.certificateEnds) = (peers, certificateEnds)
    }

    package var isLeader: Bool { leader == own }
    package var connectedCount: Int { peers.count(where: \.isConnected) }
}

// MARK: - JSON

extension NetworkReport {
    package var json: JSON {
        [
            "own": .unsigned(UInt64(own)), "height": .unsigned(height), "epoch": .unsigned(epoch),
            "epochDigest": .string(epochDigest.description),
            "engine": .string(engine), "view": .unsigned(view),
            "leader": leader.map { .unsigned(UInt64($0)) } ?? .null, "stage": .string(stage.rawValue),
            "peers": .array(peers.map(\.json)), "certificateEnds": certificateEnds.map { .string($0.iso8601) } ?? .null,
        ]
    }

    /// Nil if it is not what `cairn_network` answers.
    package init?(json: JSON) {
        guard let own = Self.number(json["own"]), let height = json["height"]?.uint64Value,
            let epoch = json["epoch"]?.uint64Value,
            let epochDigest = json["epochDigest"]?.stringValue.flatMap({ Digest(hexadecimal: $0) }),
            let engine = json["engine"]?.stringValue,
            let view = json["view"]?.uint64Value,
            let stage = json["stage"]?.stringValue.flatMap(Stage.init(rawValue:)),
            let list = json["peers"]?.arrayValue, let leader = json["leader"], let ends = json["certificateEnds"]
        else { return nil }
        let peers = list.compactMap { Peer(json: $0) }
        let end = ends.stringValue.flatMap { Timestamp(iso8601: $0) }
        guard peers.count == list.count, leader.isNull || Self.number(leader) != nil, ends.isNull || end != nil else {
            return nil
        }
        self.init(
            own: own, height: height, epoch: epoch, epochDigest: epochDigest, engine: engine, view: view,
            leader: Self.number(leader),
            stage: stage, peers: peers, certificateEnds: end)
    }

    fileprivate static func number(_ json: JSON?) -> UInt32? { json?.uint64Value.flatMap(UInt32.init(exactly:)) }
}

extension NetworkReport.Peer {
    fileprivate var json: JSON {
        [
            "number": .unsigned(UInt64(number)), "name": .string(name), "organisation": .string(organisation),
            "connected": .bool(isConnected), "height": height.map(JSON.unsigned) ?? .null,
        ]
    }

    fileprivate init?(json: JSON) {
        guard let number = NetworkReport.number(json["number"]), let name = json["name"]?.stringValue,
            let organisation = json["organisation"]?.stringValue, let isConnected = json["connected"]?.boolValue,
            let height = json["height"], height.isNull || height.uint64Value != nil
        else { return nil }
        self.init(
            number: number, name: name, organisation: organisation, isConnected: isConnected,
            height: height.uint64Value)
    }
}

extension Timestamp {
    /// To the second, in Greenwich: `2027-11-30T00:00:00Z` (RFC 3339).
    package var iso8601: String { Date(timeIntervalSince1970: Double(milliseconds / 1000)).ISO8601Format() }

    /// Nil for what is no such text, or before 1970.
    package init?(iso8601 text: String) {
        guard let date = try? Date(text, strategy: .iso8601), date.timeIntervalSince1970 >= 0,
            date.timeIntervalSince1970 < Double(Timestamp.millisecondsMax / 1000)
        else { return nil }
        self.init(milliseconds: UInt64(date.timeIntervalSince1970) * 1000)
    }
}
