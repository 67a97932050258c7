internal import Operations
internal import Primitives
internal import Replica

extension Node {
    /// What operators watch, as text for Prometheus; `MetricsText.contentType` says of which kind.
    package func metrics(version: String) -> String {
        var text = MetricsText()
        text.begin("cairn_info", .gauge, "Which program runs, and on which chain.")
        text.sample(
            "cairn_info",
            ["version": version, "genesis": genesis.digest.description, "group": "\(genesis.group)"], 1)
        describeChain(&text)
        describeWork(&text)
        describePeers(&text)
        describeMachine(&text)
        return text.text
    }

    private func describeChain(_ text: inout MetricsText) {
        let state = replica.state.withLock { $0 }
        let network = networkState
        text.metric("cairn_height", .gauge, "The newest committed block.", network.height)
        text.metric("cairn_epoch", .gauge, "The present epoch.", state.epoch)
        text.metric("cairn_view", .gauge, "The consensus engine's view.", state.view)
        text.metric(
            "cairn_leader", .gauge, "Whether this node leads.", network.leader == network.own ? 1 : 0)
        text.begin("cairn_stage", .gauge, "What the node does: 1 for one of these.")
        for (name, stage) in [("starting", .starting), ("following", .following), ("running", .running)]
            as [(String, ReplicaState.Stage)]
        {
            text.sample("cairn_stage", ["stage": name], state.stage == stage ? 1 : 0)
        }
        text.metric(
            "cairn_behind", .gauge, "How many decisions, or blocks where the node follows, it is known to lack.",
            state.lag.count)
        if let newest = snapshotter?.newest {
            text.metric("cairn_snapshot_height", .gauge, "The block of the newest snapshot.", newest.height)
            text.metric("cairn_snapshot_epoch", .gauge, "The epoch of that block.", newest.epoch)
        }
        if let milliseconds = joiningMilliseconds {
            text.metric(
                "cairn_joining_seconds", .gauge, "How long the node took to restore a state when it joined.",
                Double(milliseconds) / 1000)
        }
        text.metric("cairn_blocks_total", .counter, "Blocks committed since the start.", metrics.blocks.value)
        text.begin("cairn_transactions_total", .counter, "Transactions committed since the start.")
        text.sample("cairn_transactions_total", ["outcome": "success"], metrics.succeeded.value)
        text.sample("cairn_transactions_total", ["outcome": "failure"], metrics.failed.value)
    }

    private func describeWork(_ text: inout MetricsText) {
        let backlog = replica.state.withLock { $0 }.backlog
        text.begin("cairn_submitted_transactions_total", .counter, "What clients gave this node since the start.")
        text.sample("cairn_submitted_transactions_total", ["answer": "taken"], metrics.taken.value)
        text.sample("cairn_submitted_transactions_total", ["answer": "rejected"], metrics.rejected.value)
        text.metric(
            "cairn_accepting", .gauge, "Whether there is room on the disks for transactions.",
            room.refusal == nil ? 1 : 0)
        text.metric(
            "cairn_mempool_transactions", .gauge, "Transactions that no batch holds.", UInt64(backlog.mempool))
        text.metric("cairn_decisions_in_flight", .gauge, "Decisions not yet in the logs.", UInt64(backlog.decisions))
        text.begin(
            "cairn_transaction_stage_seconds", .histogram,
            "What some of the transactions that clients gave this node went through, one stage after another.")
        for stage in NodeMetrics.Stage.allCases {
            text.histogram("cairn_transaction_stage_seconds", ["stage": stage.rawValue], metrics[stage].counts)
        }
        text.begin("cairn_sync_seconds", .histogram, "How long it took to make something durable.")
        text.histogram("cairn_sync_seconds", ["file": "journal"], metrics.journalSyncs.counts)
        text.histogram("cairn_sync_seconds", ["file": "log"], metrics.logSyncs.counts)
    }

    private func describePeers(_ text: inout MetricsText) {
        guard let peers else { return }
        let network = networkState
        text.begin("cairn_peer_connected", .gauge, "Whether there is a connection with another node.")
        for peer in network.peers {
            text.sample(
                "cairn_peer_connected", ["peer": peer.name, "organisation": peer.organisation],
                peer.isConnected ? 1 : 0)
        }
        text.begin(
            "cairn_certificate_not_after_seconds", .gauge,
            "When a certificate, or one above it, ends, in seconds since 1970: the node's own, and those peers showed.")
        let roster = peers.roster
        for (number, end) in peers.certificateEndsByNode where roster.present.contains(number) {
            let node = roster.nodes[Int(number)]
            text.sample(
                "cairn_certificate_not_after_seconds", ["node": node.name, "organisation": node.organisation],
                end.milliseconds / 1000)
        }
        text.begin(
            "cairn_peer_dropped_messages_total", .counter, "Messages of a peer for which there was no room.")
        for (number, amount) in peers.dropped where roster.present.contains(number) {
            let node = roster.nodes[Int(number)]
            text.sample(
                "cairn_peer_dropped_messages_total", ["peer": node.name, "organisation": node.organisation],
                UInt64(amount.count))
        }
    }

    private func describeMachine(_ text: inout MetricsText) {
        if let free = room.freeByteCount {
            text.metric("cairn_disk_free_bytes", .gauge, "Room on the disk that has least.", UInt64(max(0, free)))
        }
        guard let usage = ProcessUsage.read() else { return }
        text.metric("process_resident_memory_bytes", .gauge, "Memory that is there.", usage.residentByteCount)
        text.metric("process_open_fds", .gauge, "Open files.", usage.openFiles)
        text.metric("process_cpu_seconds_total", .counter, "Processor time of all threads.", usage.seconds)
        text.begin("cairn_thread_cpu_seconds_total", .counter, "Processor time of the threads that run, by name.")
        for (name, seconds) in usage.threads {
            text.sample("cairn_thread_cpu_seconds_total", ["thread": name], seconds)
        }
    }
}
