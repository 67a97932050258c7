internal import Storage

extension FuzzTarget {
    /// The run of an index with changed bytes, under checksums that hold where the input wants it. Whatever it is, no
    /// look-up may trap, and none may give what is not in the order that was asked for.
    static let index = FuzzTarget("index", seeds: { seedsOfRuns }) { bytes throws(FuzzFailure) in
        guard let genuine = IndexForge.run else { throw FuzzFailure("the index writes no run") }
        var input = FuzzInput(bytes)
        let disk = MemoryDisk()
        IndexForge.put(IndexForge.changed(genuine.bytes, &input), at: genuine.path, on: disk)
        let opened = try? LedgerIndex.open(
            disk: disk, group: 3, stamp: 1, heights: IndexForge.heights,
            verification: bytes.count & 1 == 0 ? .everything : .withoutRows)
        guard let index = opened?.index else { return }
        for key in IndexForge.keys {
            for order in [IndexOrder.ascending, .descending] {
                guard let found = try? index.positions(of: key, order: order) else { continue }
                let inOrder = order == .ascending ? found : found.reversed()
                try demand(zip(inOrder, inOrder.dropFirst()).allSatisfy { $0 <= $1 }, "positions out of order")
            }
        }
    }

    /// Changes of single bytes all over a run, with and without mended checksums.
    private static var seedsOfRuns: [[UInt8]] {
        let counts: [[UInt8]] = (UInt8(0)..<40).map { number in [number & 1, 1, number * 6, number & 15, 0x10] }
        return [[0], [1]] + counts
    }
}

private enum IndexForge {
    static let heights: ClosedRange<UInt64> = 1...40
    static let keys = (0..<12).map { IndexKey(rawValue: UInt64($0) << 60 | UInt64($0)) }
    private static let footerByteCount = 80

    /// A run as the index writes it.
    static let run: (path: String, bytes: [UInt8])? = {
        let disk = MemoryDisk()
        guard let index = try? LedgerIndex.open(disk: disk, group: 3, stamp: 1, heights: nil).index else { return nil }
        for height in heights {
            let rows = (0..<20).map { number in
                IndexRow(
                    key: keys[(number * Int(height)) % keys.count],
                    position: IndexPosition(height: height, index: UInt32(number)))
            }
            index.append(height: height, rows: rows)
        }
        index.seal(upTo: heights.upperBound)
        while (try? index.maintain()) == true {}
        return disk.contents(of: "index/3").first.map { ("index/3/\($0.key)", $0.value) }
    }()

    static func put(_ bytes: [UInt8], at path: String, on disk: MemoryDisk) {
        for folder in ["index", "index/3"] { try? disk.makeFolder(folder) }
        guard let file = try? disk.open(path, .new) else { return }
        try? file.write(bytes, at: 0)
    }

    /// The first byte says whether checksums are mended after the changes.
    static func changed(_ genuine: [UInt8], _ input: inout FuzzInput) -> [UInt8] {
        var bytes = genuine
        let how = input.byte()
        for _ in 0..<Int(input.byte() & 15) where !bytes.isEmpty {
            let low = Int(input.byte())
            let place = low | Int(input.byte()) << 8
            // Counted from the end, where the fences, the filter and the footer are.
            bytes[bytes.count - 1 - place % bytes.count] ^= input.byte()
        }
        if how & 4 != 0 { bytes.removeLast(min(bytes.count, Int(input.byte()))) }
        if how & 1 == 0, bytes.count >= footerByteCount { mend(&bytes) }
        return bytes
    }

    /// Makes the checksums of fences, filter and footer those of what is there.
    private static func mend(_ bytes: inout [UInt8]) {
        let footer = bytes.count - footerByteCount
        func number(_ offset: Int) -> Int {
            (0..<4).reduce(0) { $0 | Int(bytes[footer + offset + $1]) << (8 * $1) }
        }
        let (rows, lines) = (number(40), number(56))
        let fences = rows * 16
        let filter = fences + (rows + 255) / 256 * 20
        if filter <= footer { store(Checksum.crc32c(bytes, in: fences..<filter), at: footer + 64, &bytes) }
        if filter + lines * 64 <= footer {
            store(Checksum.crc32c(bytes, in: filter..<filter + lines * 64), at: footer + 68, &bytes)
        }
        store(Checksum.crc32c(bytes, in: footer..<bytes.count - 4), at: bytes.count - 4, &bytes)
    }

    private static func store(_ checksum: UInt32, at offset: Int, _ bytes: inout [UInt8]) {
        for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
    }
}
