internal import CSecp256k1
internal import CSodium

/// The library's tables and its blinding of private-key operations.
///
/// `@unchecked Sendable`: the context is changed only here, by its randomisation, before anyone else can see it. Every
/// later call takes it as `const`, and libsecp256k1 promises that such calls may run on one context at the same time.
/// It lives as long as the process.
final class Secp256k1Context: @unchecked Sendable {
    static let shared = Secp256k1Context()

    let pointer: OpaquePointer

    private init() {
        Sodium.demandReady()
        guard let context = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE)) else {
            preconditionFailure("libsecp256k1 found no memory for its context")
        }
        var seed = [UInt8](repeating: 0, count: 32)
        randombytes_buf(&seed, seed.count)
        precondition(secp256k1_context_randomize(context, seed) == 1, "libsecp256k1 refused its blinding")
        sodium_memzero(&seed, seed.count)
        pointer = context
    }
}
