internal import Cryptography
internal import HTTP
internal import Primitives

extension FuzzTarget {
    /// Hexadecimal and decimal numbers.
    static let text = FuzzTarget(
        "text", seeds: { ["0xaB01", "", "0x", "0", "115792089", "0f0"].map { Array($0.utf8) } }
    ) {
        bytes throws(FuzzFailure) in
        let text = String(decoding: bytes, as: UTF8.self)
        if let decoded = [UInt8](hexadecimal: text) {
            let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
            try demand(decoded.hexadecimal == "0x" + digits.lowercased(), "hexadecimal \(text)")
        }
        if let number = UInt256(decimal: text) {
            let digits = text.drop { $0 == "0" }
            try demand(number.description == (digits.isEmpty ? "0" : digits), "decimal \(text)")
        }
        if let address = Address(hexadecimal: text) { try demand(address.bytes == [UInt8](hexadecimal: text), text) }
    }

    static let json = FuzzTarget("json", seeds: { seedsOfJSON }) { bytes throws(FuzzFailure) in
        guard let value = try? JSON(parsing: bytes) else { return }
        // What it is written as may differ from what was read, but says the same, in both styles.
        try demand((try? JSON(parsing: value.text)) == value, "what is written does not say the same")
        try demand((try? JSON(parsing: Array(value.prettyText.utf8))) == value, "nor what is written for people")
    }

    private static var seedsOfJSON: [[UInt8]] {
        [
            #"{"a":[1,-2,3.5e-7,18446744073709551615,-0],"b":{"c":null,"d":true},"e":"\u00e9\ud83d\ude00\n\"\\"}"#,
            "[[[[[[]]]]]]", "\"text\"", " 0 ", #"{"a":1,"a":2}"#, "[1,]", "\"\\ud800\"",
        ].map { Array($0.utf8) }
    }

    static let keyFile = FuzzTarget("key-file", seeds: { seedsOfKeyFiles }) { bytes throws(FuzzFailure) in
        guard let file = try? KeyFile(json: bytes) else { return }
        try demand((try? KeyFile(json: file.json)) == file, "what is written does not say the same")
    }

    private static var seedsOfKeyFiles: [[UInt8]] {
        let (salt, nonce, text) = (
            [UInt8](repeating: 1, count: 16).hexadecimal, [UInt8](repeating: 2, count: 24).hexadecimal,
            [UInt8](repeating: 3, count: 48).hexadecimal
        )
        let key = [UInt8](repeating: 4, count: 32).hexadecimal
        let json =
            #"{"version":1,"scheme":"ed25519","publicKey":"\#(key)","kdf":{"name":"argon2id","memoryBytes":67108864,"#
            + #""passes":3,"salt":"\#(salt)"},"cipher":{"name":"xchacha20poly1305-ietf","nonce":"\#(nonce)","#
            + #""ciphertext":"\#(text)"}}"#
        return [Array(json.utf8)]
    }
}
