internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives

extension PBFT: FuzzedEngine {
    static var kind: EngineKind { .pbft }

    static func lie(about message: [UInt8], as liar: FuzzLiar, _ input: inout FuzzInput) -> [UInt8]? {
        let (choice, amount) = (input.byte(), UInt64(input.byte() % 4))
        return (try? PBFT.Message(canonicalBytes: message))?.altered(choice, amount, by: liar)?.canonicalBytes
    }

    static func certificate(of proof: [UInt8]) -> VoteCertificate? {
        (try? PBFT.Proof(canonicalBytes: proof))?.certificate
    }

    static func certificates(in record: [UInt8]) -> [VoteCertificate] {
        (try? PBFT.Record(canonicalBytes: record))?.certificates ?? []
    }
}

extension PBFT.Message {
    fileprivate func altered(_ choice: UInt8, _ amount: UInt64, by liar: FuzzLiar) -> PBFT.Message? {
        switch self {
        case .proposal(let view, let block):
            return .proposal(view: choice < 128 ? view : liar.view(from: view), block.altered(choice, amount))
        case .vote(let vote, _):
            let other = vote.altered(choice, amount)
            return .vote(other, liar.signed(other))
        case .wish(let view, let decided):
            return .wish(view: view &+ amount, decided: choice < 128 ? decided : decided &+ amount)
        case .report(let proven): return .report(proven.altered(choice, amount, by: liar))
        case .newView(let newView): return .newView(newView.altered(choice, amount, by: liar))
        case .decided(let proof): return .decided(proof.altered(choice))
        case .blockRequest: return nil
        case .block(let block): return .block(block.altered(choice, amount))
        }
    }
}

extension PBFT.Proof {
    fileprivate func altered(_ choice: UInt8) -> PBFT.Proof {
        PBFT.Proof(header: header, certificate: certificate.altered(choice))
    }
}

extension PBFT.Report {
    /// Claims nothing, or less, or of another view, or says that more is decided; or all as it is.
    fileprivate func altered(_ choice: UInt8, _ amount: UInt64) -> PBFT.Report {
        switch choice % 6 {
        case 0: PBFT.Report(view: view, decided: decided, claims: [])
        case 1: PBFT.Report(view: view, decided: decided, claims: claims.dropLast())
        case 2:
            PBFT.Report(
                view: view, decided: decided,
                claims: claims.map { PBFT.Claim(view: $0.view &+ amount, header: $0.header) })
        case 3: PBFT.Report(view: view, decided: decided &+ amount, claims: claims)
        case 4: PBFT.Report(view: view &+ amount, decided: decided, claims: claims)
        default: self
        }
    }

    fileprivate func signed(by liar: FuzzLiar) -> PBFT.SignedReport {
        PBFT.SignedReport(
            orderer: liar.number, report: self, signature: liar.signature(digest(in: .zero, suite: .international)))
    }
}

extension PBFT.ProvenReport {
    /// As the liar's own.
    fileprivate func altered(_ choice: UInt8, _ amount: UInt64, by liar: FuzzLiar) -> PBFT.ProvenReport {
        let report = signed.report.altered(choice, amount)
        let kept = certificates.prefix(report.claims.count)
        return PBFT.ProvenReport(
            signed: report.signed(by: liar), proof: choice < 192 ? proof : proof?.altered(choice),
            certificates: kept.map { choice < 128 ? $0 : $0.altered(choice) })
    }
}

extension PBFT.NewView {
    /// With another report of the liar's own, with one less, or with certificates changed.
    fileprivate func altered(_ choice: UInt8, _ amount: UInt64, by liar: FuzzLiar) -> PBFT.NewView {
        var others = reports.filter { $0.orderer != liar.number }
        if choice < 192, let last = reports.last { others.append(last.report.altered(choice, amount).signed(by: liar)) }
        var shown = certificates
        switch choice / 64 {
        case 1: shown = certificates.dropLast()
        case 2: shown = certificates.map { $0.altered(choice) }
        default: break
        }
        return PBFT.NewView(view: view, reports: others, proof: proof, certificates: shown)
    }
}
