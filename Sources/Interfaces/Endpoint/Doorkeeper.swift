internal import Cryptography
internal import HTTP
internal import Ledger
internal import Networking
internal import Node
internal import Primitives

/// Says who calls and what they may do, and holds back those who call too much.
///
/// It is `@unchecked Sendable` because all that changes in it is used on the loop's thread only.
final class Doorkeeper: @unchecked Sendable {
    /// What an admitted request carries.
    struct Admitted: Sendable {
        let caller: Caller
        let credential: Credential
    }

    let loop: EventLoop
    private let files: EndpointFiles
    private let isGuarded: Bool
    private let takesCertificates: Bool
    private let notice: @Sendable (String) -> Void

    private var tokens: [Digest: TokenFile.Entry] = [:]
    private var stamp: [Int]
    private let configuredAuthorities: [TrustedAuthority]?
    private var revocations: [RevocationList]
    private var members: [Organisation]?
    /// Nil until the members are known.
    private var judge: CertificateJudge?
    /// Which state of members and lists `judge` has.
    private var generation = 0

    private var requests: RateTable?
    private var bytes: RateTable?
    /// The WebSockets that are open.
    private var sessions: [ObjectIdentifier: ClientSession] = [:]
    private var timer: Timer?

    /// Reads the files that the configuration names.
    init(
        on loop: EventLoop, _ files: EndpointFiles, notice: @escaping @Sendable (String) -> Void
    ) throws(EndpointError) {
        (self.loop, self.files, self.notice) = (loop, files, notice)
        let access = files.access
        (isGuarded, takesCertificates) = (access.isGuarded, access.tls != nil)
        stamp = files.stamp()
        configuredAuthorities = try files.authorities()
        revocations = try files.revocations()
        take(try files.tokens())
        let isGuarded = isGuarded
        requests = (access.limits.requestsPerSecond ?? (isGuarded ? EndpointLimits.requestsPerSecond : nil))
            .map(Self.rates)
        bytes = (access.limits.bytesPerSecond ?? (isGuarded ? EndpointLimits.bytesPerSecond : nil)).map(Self.rates)
    }

    private static func rates(_ perSecond: Int) -> RateTable {
        RateTable(
            perSecond: perSecond, capacity: 2 * perSecond, clientsMax: RateLimits.clientsMax, nowMilliseconds: 0)
    }

    // MARK: - Requests

    func admit(_ request: HTTPRequest, _ peer: HTTPPeer) -> HTTPAdmission {
        switch credential(of: request, peer).flatMap({ credential in
            standing(of: credential).map { Admitted(caller: $0, credential: credential) }
        }) {
        case .success(let admitted):
            let wait = waitMilliseconds(admitted.caller.name)
            guard wait == 0 else { return .refused(EndpointRefusal.tooMany(waitMilliseconds: wait).reply) }
            charge(admitted.caller.name, calls: 1, byteCount: request.headers.byteCount)
            return .admitted(as: admitted)
        case .failure(let refusal):
            let name = "address \(peer.network)"
            let wait = waitMilliseconds(name)
            guard wait == 0 else { return .refused(EndpointRefusal.tooMany(waitMilliseconds: wait).reply) }
            charge(name, calls: 1, byteCount: request.headers.byteCount)
            return .refused(refusal.reply)
        }
    }

    /// What a request shows. A token comes before certificates.
    private func credential(of request: HTTPRequest, _ peer: HTTPPeer) -> Result<Credential, EndpointRefusal> {
        guard isGuarded else { return .success(.none(network: peer.network)) }
        let fields = request.headers.values(of: "Authorization")
        if let field = fields.first {
            guard fields.count == 1, let token = Self.token(field) else { return .failure(.malformedAuthorization) }
            return .success(.token(TokenFile.digest(of: token)))
        }
        guard takesCertificates, !peer.chain.isEmpty else { return .failure(.nothingShown) }
        let shown = peer.memory as? ShownCertificates ?? ShownCertificates(peer.chain)
        peer.memory = shown
        return .success(.certificates(shown))
    }

    /// The token of `Bearer TOKEN` (RFC 6750, section 2.1).
    private static func token(_ field: String) -> [UInt8]? {
        let parts = field.utf8.split(separator: UInt8(ascii: " "))
        guard parts.count == 2, String(parts[0])?.lowercased() == "bearer",
            parts[1].count <= EndpointLimits.tokenBytesMax
        else { return nil }
        return Array(parts[1])
    }

    // MARK: - Standing

    /// What a credential is worth now.
    func standing(of credential: Credential) -> Result<Caller, EndpointRefusal> {
        switch credential {
        case .none(let network): return .success(Caller(name: "address \(network)", rights: .all))
        case .token(let digest):
            guard let entry = tokens[digest] else { return .failure(.unknownToken) }
            if let expiry = entry.expiry, SystemClock.wall >= expiry { return .failure(.expiredToken(entry.name)) }
            return .success(Caller(name: "token \(entry.name)", rights: entry.rights))
        case .certificates(let shown): return standing(of: shown)
        }
    }

    private func standing(of shown: ShownCertificates) -> Result<Caller, EndpointRefusal> {
        let now = SystemClock.wall
        if let last = shown.finding, last.generation == generation, last.from <= now, now <= last.until {
            return last.result
        }
        guard let judge else { return .failure(.starting) }
        let holder = shown.chain.flatMap { chain in
            judge.holder(of: chain[0], presented: Array(chain.dropFirst()), at: now)
        }
        let later = Timestamp(milliseconds: now.milliseconds + EndpointLimits.refusalMilliseconds)
        let until = (try? holder.get())?.notAfter ?? later
        let result = holder.map { holder in
            Caller(
                name: "certificate \(holder.organisation)/\(holder.commonName)", rights: Rights(holder.role))
        }.mapError { EndpointRefusal.certificate(reason: $0.description) }
        shown.finding = ShownCertificates.Finding(result: result, generation: generation, from: now, until: until)
        return result
    }

    // MARK: - Rates

    /// How long a caller has to wait; 0 if it has not.
    func waitMilliseconds(_ name: String) -> UInt64 {
        let now = loop.nowMilliseconds
        return max(
            requests?.waitMilliseconds(name, nowMilliseconds: now) ?? 0,
            bytes?.waitMilliseconds(name, nowMilliseconds: now) ?? 0)
    }

    func charge(_ name: String, calls: Int, byteCount: Int) {
        let now = loop.nowMilliseconds
        if calls > 0 { requests?.take(calls, by: name, nowMilliseconds: now) }
        if byteCount > 0 { bytes?.take(byteCount, by: name, nowMilliseconds: now) }
    }

    // MARK: - What changes meanwhile

    /// Asks who the members are, waits a while for the answer, and looks after changes from then on. From another
    /// thread. Throws if nobody could ever call.
    func watch(_ node: Node) throws(EndpointError) {
        let isUseless = Mailbox<Bool>(capacity: 1)
        loop.post { [self] in
            timer = loop.schedule(everyMilliseconds: EndpointLimits.lookMilliseconds) { [self] in look(node) }
            guard takesCertificates else { return isUseless.close() }
            ask(node) { [self] in _ = isUseless.send(members?.isEmpty == true && files.access.tokens == nil) }
        }
        let answer = isUseless.takeAll(waitMilliseconds: EndpointLimits.membersWaitMilliseconds)
        guard answer?.first == true else { return }
        throw EndpointError(
            description: "nobody could call the endpoint: the chain has no members whose certificates count, and "
                + "\"rpc.tokens\" names no file of tokens; make one with cairn token create, and name it there")
    }

    func stop() { loop.post { [self] in timer?.cancel() } }

    private var askedHeight: UInt64?

    private func look(_ node: Node) {
        let height = node.committedHeight
        if takesCertificates, askedHeight != height { ask(node) {} }
        let stamp = files.stamp()
        if stamp != self.stamp {
            self.stamp = stamp
            readAgain()
        }
        for session in sessions.values { session.look() }
    }

    /// The members as the newest state has them. Without an answer those of before stay, and it is asked again.
    private func ask(_ node: Node, then: @escaping @Sendable () -> Void) {
        let height = node.committedHeight
        node.ask { executor throws(StateUnavailable) in
            try CairnMethods.members(executor)
        } answer: { [self] result in
            loop.post { [self] in
                defer { then() }
                guard case .success(.some(let answer)) = result else { return }
                askedHeight = height
                guard answer != members else { return }
                members = answer
                remake()
            }
        }
    }

    /// A file that is wrong is named, and what it held before stays.
    private func readAgain() {
        do throws(EndpointError) {
            let (tokens, revocations) = (try files.tokens(), try files.revocations())
            take(tokens)
            self.revocations = revocations
            remake()
            notice(
                "read the endpoint's files again: \(tokens.entries.count) tokens, "
                    + "\(revocations.count) revocation lists")
        } catch {
            notice("the endpoint's files have changed and can't be used, what they held before stays: \(error)")
        }
    }

    private func take(_ file: TokenFile) {
        tokens = Dictionary(uniqueKeysWithValues: file.entries.map { ($0.digest, $0) })
    }

    private func remake() {
        generation += 1
        guard let members else { return }
        judge = CertificateJudge(members: members, configured: configuredAuthorities, revocations: revocations)
    }

    // MARK: - WebSockets

    func began(_ session: ClientSession) { sessions[ObjectIdentifier(session)] = session }
    func ended(_ session: ClientSession) { sessions[ObjectIdentifier(session)] = nil }
}
