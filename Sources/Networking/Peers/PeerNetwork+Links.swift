extension PeerNetwork: PeerLinkOwner {
    // MARK: - Those who call

    func accept(_ connection: Connection) -> (any StreamHandler)? {
        let host = connection.peer.host
        guard !isStopped,
            gate.enter(host, isKnown: wantedHosts.contains(host), nowMilliseconds: loop.nowMilliseconds)
        else {
            connection.abort()
            emit(.refused(connection.peer, .refused(.tooManyConnections)))
            return nil
        }
        return TLSStream(over: connection, on: loop, context, .server) { [weak self] result in
            guard let self else { return nil }
            switch result {
            case .failure(let error):
                gate.leave(host, wasAdmitted: false)
                emit(.refused(connection.peer, .stream(error)))
                return nil
            case .success(let stream):
                guard !isStopped else { return nil }
                return makeLink(over: stream, .responder, inboundHost: host, dialled: nil)
            }
        }
    }

    func makeLink(
        over stream: TLSStream, _ side: PeerSide, inboundHost: String?, dialled: UInt32?
    ) -> PeerLink {
        let link = PeerLink(
            over: stream, on: loop, side, configuration.link, compressor: compressor, transportChain: stream.peerChain,
            channel: stream.exporterValue(
                label: PeerProof.exporterLabel, context: [], byteCount: PeerProof.exporterBytes),
            owner: self)
        link.expectedNumber = dialled
        known[ObjectIdentifier(link)] = KnownLink(link: link, inboundHost: inboundHost, dialled: dialled)
        link.start()
        return link
    }

    // MARK: - What links ask and tell

    package func judge(
        _ link: PeerLink, chain: [[UInt8]], _ proof: PeerProof
    ) -> Result<PeerIdentity, PeerRefusal> {
        known[ObjectIdentifier(link)]?.presented = (chain, proof)
        let identity: PeerIdentity
        switch admission(chain, proof) {
        case .success(let admitted): identity = admitted
        case .failure(let refusal): return .failure(.notAdmitted(refusal.reason))
        }
        guard identity.number != configuration.number else { return .failure(.ourselves) }
        let refused = refusedMilliseconds(identity.number)
        guard refused == 0 else { return .failure(.cutOff(milliseconds: refused)) }
        if let present = links[identity.number], keeps(present, over: link) { return .failure(.alreadyConnected) }
        return .success(identity)
    }

    /// Which of two links with one peer is kept: both ends come to the same answer.
    ///
    /// Of two that were begun at the same time by either end the one that the lower key has begun is kept. Of two by
    /// the same end the later one is, as that end has lost the earlier one. One that is silent is not kept either: the
    /// other end may have been started anew.
    private func keeps(_ present: PeerLink, over link: PeerLink) -> Bool {
        guard present !== link, let key = present.identity?.key, present.side != link.side else { return false }
        let now = loop.nowMilliseconds
        guard now - min(now, present.heardMilliseconds) <= 2 * configuration.link.pingMilliseconds else { return false }
        let isOurs = present.side == .initiator
        return isOurs == configuration.key.bytes.lexicographicallyPrecedes(key.bytes)
    }

    package func connected(_ link: PeerLink) {
        guard let identity = link.identity, let hello = link.peerHello else { return }
        if let host = known[ObjectIdentifier(link)]?.inboundHost { gate.admit(host) }
        if let present = links[identity.number], present !== link {
            guard !keeps(present, over: link) else { return link.end(.replaced) }
            present.end(.replaced)
        }
        links[identity.number] = link
        dials[identity.number]?.connectedMilliseconds = loop.nowMilliseconds
        emit(.connected(identity, hello))
    }

    package func received(_ link: PeerLink, _ messageClass: MessageClass, group: UInt32, _ bytes: [UInt8]) {
        guard let number = link.identity?.number else { return }
        // Our hello has said which groups we carry.
        guard configuration.link.hello.groups.contains(group) else { return report(number, .useless) }
        emit(.message(from: number, messageClass, group: group, bytes))
    }

    package func writable(_ link: PeerLink, _ messageClass: MessageClass) {
        guard let number = link.identity?.number else { return }
        emit(.writable(number, messageClass))
    }

    package func ended(_ link: PeerLink, _ end: PeerLinkEnd) {
        guard let entry = known.removeValue(forKey: ObjectIdentifier(link)) else { return }
        if let host = entry.inboundHost { gate.leave(host, wasAdmitted: link.identity != nil) }
        if let identity = link.identity {
            if links[identity.number] === link {
                links[identity.number] = nil
                emit(.disconnected(identity, end))
            }
            if case .malformed = end { report(identity.number, .malformed) }
        } else {
            emit(.refused(link.peerAddress, end))
        }
        if let dialled = entry.dialled {
            retry(dialled)
        } else if let number = link.identity?.number, dials[number]?.isUnderWay == false {
            retry(number)
        }
    }
}
