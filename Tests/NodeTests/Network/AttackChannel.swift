import Networking

@testable import Networking

/// An attacker's end of a channel between nodes, which does as much of the handshakes as it likes.
///
/// It is `@unchecked Sendable` because one thread at a time has it.
final class AttackChannel: @unchecked Sendable {
    let socket: AttackSocket
    private let context: TLSContext
    private let session: TLSSession
    private var decoder = FrameDecoder()

    init(_ socket: AttackSocket, _ identity: TLSIdentity) throws {
        self.socket = socket
        context = try TLSContext(identity, .peers)
        session = TLSSession(context, .client)
    }

    /// The first bytes of a handshake of TLS, which cost their sender nothing.
    static func clientHello(_ identity: TLSIdentity) throws -> [UInt8] {
        let session = TLSSession(try TLSContext(identity, .peers), .client)
        _ = try session.handshake()
        return session.takeOutput()
    }

    /// Does TLS's handshake. False if the other end does not.
    func shakeHands() throws -> Bool {
        while true {
            let isDone = try session.handshake()
            socket.send(session.takeOutput())
            if isDone { return true }
            guard let bytes = socket.receive() else { return false }
            session.feed(bytes.span)
        }
    }

    @discardableResult
    func send(_ bytes: [UInt8]) throws -> Bool {
        try session.write(bytes)
        return socket.send(session.takeOutput())
    }

    /// Says who it is and that it takes the other end in, and gives back what that says to it: a welcome, or a refusal;
    /// nil if neither.
    func logIn(_ hello: PeerHello) throws -> FrameKind? {
        try send(OutgoingMessage.frames(.hello, hello.canonicalBytes) + OutgoingMessage.frames(.welcome, []))
        while let bytes = socket.receive() {
            session.feed(bytes.span)
            let (count, _) = try session.read()
            var answer: FrameKind?
            session.withReadBytes(count) { plain in
                var offset = 0
                while offset < plain.count, answer == nil {
                    guard let frame = try? decoder.take(plain, &offset) else { continue }
                    if frame.kind != .hello { answer = frame.kind }
                }
            }
            if let answer { return answer }
        }
        return nil
    }

    // MARK: Frames

    /// A header and what is said to follow it.
    static func frame(
        _ kind: UInt8, flags: UInt8 = 0, group: UInt32, bodyBytes: UInt32, _ body: [UInt8]
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        appendLittleEndian(bodyBytes, to: &bytes)
        bytes += [kind, flags]
        appendLittleEndian(group, to: &bytes)
        return bytes + body
    }

    /// The first piece of a message of so many bytes.
    static func announcement(
        _ kind: FrameKind, group: UInt32, byteCount: UInt32, isCompressed: Bool = false, _ piece: [UInt8]
    ) -> [UInt8] {
        var body: [UInt8] = []
        appendLittleEndian(byteCount, to: &body)
        body += piece
        return frame(
            kind.rawValue, flags: isCompressed ? 5 : 1, group: group, bodyBytes: UInt32(body.count), body)
    }

    /// The same without the piece, though the header says that one follows.
    static func unfinishedAnnouncement(_ kind: FrameKind, group: UInt32, byteCount: UInt32) -> [UInt8] {
        var body: [UInt8] = []
        appendLittleEndian(byteCount, to: &body)
        return frame(kind.rawValue, flags: 1, group: group, bodyBytes: UInt32(FrameLimits.pieceBytes), body)
    }
}
