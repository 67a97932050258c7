internal import Storage

/// Makes files of segments from an input, whose checksums hold where the input wants it: else mutations would hardly
/// ever get past them.
struct SegmentForge {
    let magic: String
    let group: UInt32
    /// Where files are put.
    let folder: String

    /// Puts up to three segments on a disk.
    func files(from input: inout FuzzInput, to disk: MemoryDisk) throws(StorageError) {
        // The number of the next record; a far one for every eighth input.
        let far = input.byte()
        var next: UInt64 = far & 7 == 0 ? input.number(byteCount: 8) : 1
        for _ in 0...Int(far >> 6) where !input.isEmpty {
            let digits = String(next)
            let name = String(repeating: "0", count: 20 - digits.count) + digits + ".segment"
            let file = try disk.open("\(folder)/\(name)", .either)
            try file.write(segment(from: &input, &next), at: 0)
            try file.sync()
        }
        try disk.sync(folder: folder)
    }

    private func segment(from input: inout FuzzInput, _ next: inout UInt64) -> [UInt8] {
        var bytes = Array(magic.utf8) + little(1, 4) + little(UInt64(group), 4) + little(next, 8) + little(0, 4)
        bytes += little(UInt64(Checksum.crc32c(bytes)), 4)
        for _ in 0..<Int(input.byte() & 15) {
            bytes += record(from: &input, number: next)
            next &+= 1
        }
        damage(&bytes, &input)
        return bytes
    }

    private func record(from input: inout FuzzInput, number: UInt64) -> [UInt8] {
        let shape = input.byte()
        // Bits choose what is odd about the record; most are not.
        let role: UInt8 = shape & 3 == 1 ? 1 : shape & 0xF0 == 0xF0 ? input.byte() : 0
        let payload = role == 1 ? input.paddedBytes(8) : input.bytes(Int(input.byte()))
        let group = shape & 12 == 12 ? UInt64(input.byte()) : UInt64(self.group)
        var header = little(UInt64(payload.count), 4) + little(UInt64(Checksum.crc32c(payload)), 4)
        header += little(shape & 0x70 == 0x70 ? input.number(byteCount: 8) : number, 8) + little(group, 4)
        header += [input.byte() % 5, role, 0, 0]
        return header + little(UInt64(Checksum.crc32c(header)), 4) + payload
    }

    /// Changes some bytes, or cuts the end off, after the checksums were made.
    private func damage(_ bytes: inout [UInt8], _ input: inout FuzzInput) {
        let how = input.byte()
        for _ in 0..<Int(how & 3) {
            bytes[Int(input.number(byteCount: 2)) % bytes.count] ^= input.byte()
        }
        if how & 4 != 0 { bytes.removeLast(min(bytes.count, Int(input.byte()))) }
        if how & 8 != 0 { bytes += [UInt8](repeating: 0, count: Int(input.byte())) }
    }

    private func little(_ value: UInt64, _ byteCount: Int) -> [UInt8] {
        (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    /// Inputs that make whole segments, torn ones, and ones with marks.
    static var seeds: [[UInt8]] {
        let record: [UInt8] = [0, 4, 1, 2, 3, 4, 2]
        let mark: [UInt8] = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
        let three = [3] + record + record + record
        return [
            [1] + three + [0], [0x41] + three + [0] + three + [0], [0xC1] + three + [0] + three + [0] + three + [4, 5],
            [1, 2] + record + mark + [0], [1] + three + [1, 40, 0, 1], [1] + three + [8, 9],
            [0] + [UInt8](repeating: 0xFF, count: 8) + three + [0],
        ]
    }
}

extension MemoryDisk {
    /// All bytes of a folder's files, by name.
    func contents(of folder: String) -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        for name in (try? list(folder)) ?? [] {
            guard let file = try? open("\(folder)/\(name)", .existing), let size = try? file.size() else { continue }
            contents[name] = try? file.read(at: 0, count: size)
        }
        return contents
    }
}
