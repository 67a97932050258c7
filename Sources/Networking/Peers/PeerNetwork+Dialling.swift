extension PeerNetwork {
    /// The calls of a wanted peer.
    struct Dial {
        var addresses: [PeerAddress]
        /// Which address is next.
        var next = 0
        var backoff: DialBackoff
        var dueMilliseconds: UInt64
        var isUnderWay = false
        var connector: Connector?
        /// When the present connection began.
        var connectedMilliseconds: UInt64?
    }

    /// Says with which peers connections are to be kept. Those with peers that were wanted before and are not any more
    /// are closed. On the loop's thread.
    package func want(_ peers: [WantedPeer]) {
        loop.preconditionIsCurrent()
        guard !isStopped else { return }
        let numbers = Set(peers.map(\.number))
        for number in Array(dials.keys) where !numbers.contains(number) {
            stopDialling(number)
            links[number]?.end(.closed)
        }
        for peer in peers where peer.number != configuration.number {
            let addresses = Array(peer.addresses.prefix(PeerLimits.addressesMax))
            guard dials[peer.number]?.addresses != addresses else { continue }
            if dials[peer.number] != nil {
                dials[peer.number]?.addresses = addresses
                dials[peer.number]?.next = 0
            } else {
                dials[peer.number] = Dial(
                    addresses: addresses,
                    backoff: DialBackoff(
                        firstMilliseconds: configuration.firstBackoffMilliseconds,
                        lastMilliseconds: configuration.lastBackoffMilliseconds),
                    dueMilliseconds: loop.nowMilliseconds)
            }
        }
        wantedHosts = Set(dials.values.flatMap { $0.addresses.map(\.host) })
        dialDue(loop.nowMilliseconds)
    }

    func stopDialling(_ number: UInt32) {
        dials[number]?.connector?.cancel()
        dials[number] = nil
    }

    func dialDue(_ now: UInt64) {
        guard !isStopped else { return }
        var underWay = dials.values.count { $0.isUnderWay }
        for (number, dial) in dials
        where !dial.isUnderWay && dial.dueMilliseconds <= now && links[number] == nil && !dial.addresses.isEmpty {
            guard underWay < PeerLimits.dialsUnderWayMax else { return }
            guard refusedMilliseconds(number) == 0 else { continue }
            underWay += 1
            start(number, dial.addresses[dial.next % dial.addresses.count])
        }
    }

    private func start(_ number: UInt32, _ address: PeerAddress) {
        dials[number]?.isUnderWay = true
        dials[number]?.next += 1
        var options = PeerNetwork.streamOptions
        // So that a node is known to firewalls by one address.
        if let own = configuration.listenAddress, !own.isWildcard { options.localHost = own.host }
        let connector = Connection.connect(
            on: loop, host: address.host, port: address.port, options: options
        ) { [weak self] result in
            guard let self else { return nil }
            dials[number]?.connector = nil
            switch result {
            case .failure(let error):
                failed(number, .stream(error))
                return nil
            case .success(let connection): return secure(connection, number)
            }
        }
        if connector.isUnderWay { dials[number]?.connector = connector }
    }

    private func secure(_ connection: Connection, _ number: UInt32) -> any StreamHandler {
        TLSStream(over: connection, on: loop, context, .client) { [weak self] result in
            guard let self else { return nil }
            switch result {
            case .failure(let error):
                failed(number, .stream(error), at: connection.peer)
                return nil
            case .success(let stream):
                guard !isStopped, dials[number] != nil else { return nil }
                return makeLink(over: stream, .initiator, inboundHost: nil, dialled: number)
            }
        }
    }

    /// A call has failed, or its connection has ended.
    func failed(_ number: UInt32, _ end: PeerLinkEnd, at address: SocketAddress? = nil) {
        emit(.refused(address, end))
        retry(number)
    }

    func retry(_ number: UInt32) {
        guard var dial = dials[number] else { return }
        let now = loop.nowMilliseconds
        if let began = dial.connectedMilliseconds, now - min(now, began) >= PeerLimits.heldMillisecondsMin {
            dial.backoff.reset()
        }
        dial.connectedMilliseconds = nil
        dial.isUnderWay = false
        dial.dueMilliseconds = now + dial.backoff.fail(using: &generator)
        dials[number] = dial
    }
}
