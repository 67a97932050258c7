import COpenSSL
import Primitives

/// The digest by the other implementation at hand.
func sm3ByOpenSSL(_ bytes: [UInt8]) -> Digest {
    var output = [UInt8](repeating: 0, count: 32)
    precondition(EVP_Digest(bytes, bytes.count, &output, nil, EVP_sm3(), nil) == 1)
    return Digest(copying: output.span, at: 0)
}
