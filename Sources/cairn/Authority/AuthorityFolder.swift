import Cryptography
import Foundation
import HTTP
import Primitives
import Storage

/// The folder of an organisation's authority. It belongs to one command at a time.
///
/// What is issued or revoked is in the register, durably, before anybody gets it to see: so everything that was issued
/// can be revoked.
final class AuthorityFolder {
    typealias Issuer = AuthorityRegister.Issuer

    let path: String
    private(set) var register: AuthorityRegister
    private let disk: FileDisk

    private static let registerName = "authority.json"
    private static let certificatesName = "certificates"

    private init(path: String, register: AuthorityRegister, disk: FileDisk) {
        (self.path, self.register, self.disk) = (path, register, disk)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }
    static func certificateName(_ issuer: Issuer) -> String { "\(issuer.rawValue).pem" }
    static func listName(_ issuer: Issuer) -> String { "\(issuer.rawValue)-revoked.pem" }
    func certificateFile(_ entry: AuthorityRegister.Entry) -> String {
        "\(Self.certificatesName)/\(entry.serial).pem"
    }

    // MARK: Making and opening

    /// Makes both authorities with their keys, their certificates and empty revocation lists.
    static func create(
        at path: String, organisation: String, suite: Suite, rootDays: Int, issuingDays: Int, passphrase: Passphrase,
        derivation: KeyDerivation = .standard, at time: Timestamp
    ) throws -> AuthorityFolder {
        if let contents = try? FileManager.default.contentsOfDirectory(atPath: path), !contents.isEmpty {
            throw CommandError.failed("\(path) is not empty; name a new folder for the authority")
        }
        // What can be refused is refused before there are files.
        let scheme = CertificateAlgorithm(suite).scheme
        let keys = try (root: SoftwareKey.generate(scheme), issuing: SoftwareKey.generate(scheme))
        let root = try CertificateAuthority.root(
            organisation: organisation, commonName: "\(organisation) root", days: rootDays, key: keys.root, at: time)
        let request = try CertificateRequest(
            organisation: organisation, commonName: "\(organisation) issuing", role: nil, key: keys.issuing)
        let certificate = try root.issue(
            request,
            CertificateGrant(
                commonName: "\(organisation) issuing", use: .authority(pathLength: 0), days: issuingDays), at: time)
        let issuing = try CertificateAuthority(certificate: certificate, key: keys.issuing)
        try makePrivateFolder(path)
        let store = try KeyStore(directory: "\(path)/keys")
        try store.add(Issuer.root.rawValue, keys.root, passphrase: passphrase, derivation: derivation)
        try store.add(Issuer.issuing.rawValue, keys.issuing, passphrase: passphrase, derivation: derivation)
        let folder = AuthorityFolder(
            path: path,
            register: AuthorityRegister(organisation: organisation, suite: suite, listNumbers: [:], entries: []),
            disk: try FileDisk(root: path))
        try folder.disk.makeFolder(certificatesName)
        try folder.keep(root.certificate, as: .root, by: .root)
        try folder.keep(certificate, as: .issuing, by: .root)
        try folder.publish(.root, root, nextInDays: AuthorityLimits.rootListDays, at: time)
        try folder.publish(.issuing, issuing, nextInDays: AuthorityLimits.issuingListDays, at: time)
        return folder
    }

    static func open(_ path: String) throws -> AuthorityFolder {
        guard FileManager.default.fileExists(atPath: "\(path)/\(registerName)") else {
            throw CommandError.failed(
                "\(path) is not the folder of an authority; make one with: cairn authority create --directory \(path)")
        }
        let disk = try FileDisk(root: path)
        let bytes = try readFile("\(path)/\(registerName)", "the authority's register")
        guard bytes.count <= AuthorityLimits.registerByteCountMax, let json = try? JSON(parsing: bytes),
            let register = AuthorityRegister(json: json)
        else {
            throw CommandError.failed(
                "\(path)/\(registerName) is damaged or of another version; restore it from a backup")
        }
        return AuthorityFolder(path: path, register: register, disk: disk)
    }

    // MARK: Authorities

    /// The newest certificate of an authority.
    func certificate(_ issuer: Issuer) throws -> Certificate {
        try certificate(in: Self.certificateName(issuer))
    }

    func certificate(of entry: AuthorityRegister.Entry) throws -> Certificate {
        try certificate(in: certificateFile(entry))
    }

    private func certificate(in name: String) throws -> Certificate {
        do {
            guard let first = try Certificate.all(in: try readFile(file(name), "the certificate")).first else {
                throw CommandError.failed("\(file(name)) is empty")
            }
            return first
        } catch let error as CertificateError {
            throw CommandError.failed("\(file(name)): \(error)")
        }
    }

    /// An authority with its key. One that is revoked does nothing any more.
    func authority(_ issuer: Issuer, passphrase: Passphrase) throws -> CertificateAuthority {
        let certificate = try certificate(issuer)
        guard !register.entries.contains(where: { $0.serial == certificate.serial && $0.revocation != nil }) else {
            throw CommandError.failed(
                "the \(issuer) authority in \(path) is revoked; make a new one with: cairn authority create")
        }
        let key = try KeyStore(directory: file("keys")).open(issuer.rawValue, passphrase: passphrase)
        return try CertificateAuthority(certificate: certificate, key: key)
    }

    // MARK: Keeping

    private func writeRegister() throws {
        try disk.replace(Self.registerName, with: Array((register.json.prettyText + "\n").utf8))
    }

    /// Enters what a holder or, under one of the two names, an authority was issued, and keeps its chain as PEM.
    @discardableResult
    func keep(_ certificate: Certificate, as authority: Issuer? = nil, by issuer: Issuer) throws -> String {
        guard register.entries.count < AuthorityLimits.certificatesMax else {
            throw CommandError.failed(
                "this authority has issued \(AuthorityLimits.certificatesMax) certificates, which is as many as its "
                    + "revocation list holds; make another one")
        }
        let entry = AuthorityRegister.Entry(certificate, as: authority, by: issuer)
        register.entries.append(entry)
        try writeRegister()
        let chain = authority == nil ? certificate.pem + (try self.certificate(issuer).pem) : certificate.pem
        let name = certificateFile(entry)
        try disk.replace(name, with: Array(chain.utf8))
        if let authority { try disk.replace(Self.certificateName(authority), with: Array(certificate.pem.utf8)) }
        return chain
    }

    func revoke(_ place: Int, _ reason: RevocationReason, at time: Timestamp) throws {
        // To the second, as the list has it.
        let second = Timestamp(milliseconds: time.milliseconds / 1000 * 1000)
        register.entries[place].revocation = Revocation(
            serial: register.entries[place].serial, time: second, reason: reason)
        try writeRegister()
    }

    /// Makes the revocation list of an authority anew, and gives back its file. Its number is used up first.
    @discardableResult
    func publish(
        _ issuer: Issuer, _ authority: CertificateAuthority, nextInDays days: Int, at time: Timestamp
    ) throws -> String {
        let number = (register.listNumbers[issuer] ?? 0) + 1
        register.listNumbers[issuer] = number
        try writeRegister()
        let list = try authority.revocationList(
            register.revocations(by: issuer), number: UInt256(number), at: time, nextInDays: days)
        try disk.replace(Self.listName(issuer), with: Array(list.pem.utf8))
        return file(Self.listName(issuer))
    }
}
