internal import Primitives

extension FuzzTarget {
    /// Four whole replicas, the last of which lies: each byte says what happens next, and which message is changed how.
    /// The others must commit the same blocks, go on, and accuse nobody honest.
    static let replica = FuzzTarget("replica", seeds: { ReplicaSteps.seeds }) { bytes throws(FuzzFailure) in
        let world = try ReplicaWorld(.ofOneEpoch)
        var input = FuzzInput(bytes)
        while !input.isEmpty, !world.isExhausted { try ReplicaSteps.step(world, &input) }
        try demand(world.epochs.count == 1, "an epoch ends that nothing ends")
    }
}

/// What the bytes mean.
private enum ReplicaSteps {
    /// Much that goes well, then something of everything.
    static var seeds: [[UInt8]] {
        let work: [UInt8] = [0, 0, 0, 1, 0, 2, 0, 3]
        let deliver = (0..<100).flatMap { _ in [1, 0] as [UInt8] }
        let timers: [UInt8] = [3, 0, 3, 1, 3, 2, 3, 3]
        let mutate: [UInt8] = [2, 0, 9, 3, 2, 1, 40, 7, 2, 5, 1, 1]
        let restart: [UInt8] = [5, 1]
        let fetch: [UInt8] = [7, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0, 0, 0, 0, 0]
        return [
            work + deliver + deliver, work + mutate + deliver + timers + deliver,
            work + deliver + restart + timers + deliver + [6, 0] + fetch + deliver,
            work + timers + work + deliver + mutate + [4, 0] + timers + deliver + restart + timers + deliver,
        ]
    }

    static func step(_ world: ReplicaWorld, _ input: inout FuzzInput) throws(FuzzFailure) {
        switch input.byte() % 8 {
        case 0: try world.submit(to: world.node(input.byte()))
        case 1: try world.deliver(at: Int(input.byte()))
        case 2:
            let (place, offset) = (Int(input.byte()), Int(input.byte()))
            try world.deliverChanged(at: place, offset: offset * 3, change: input.byte())
        case 3: try world.fire(world.node(input.byte()))
        case 4: world.drop(at: Int(input.byte()))
        case 5: try world.restart(world.node(input.byte()))
        case 6:
            let byte = input.byte()
            try world.log(world.node(byte), releases: byte >= 128)
        default:
            let (to, count) = (world.node(input.byte()), Int(input.byte()) % 64)
            try world.lie(input.bytes(count), to: to)
        }
    }
}
