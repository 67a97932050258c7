internal import HTTP
internal import Networking

extension FuzzTarget {
    /// The first byte says how the rest is cut: requests must not depend on how their bytes come.
    static let httpRequest = FuzzTarget("http-request", seeds: { seedsOfRequests }) { bytes throws(FuzzFailure) in
        let (seed, input) = (bytes.first ?? 0, Array(bytes.dropFirst()))
        let whole = HTTPTranscript.requests([input[...]])
        let cut = HTTPTranscript.requests(FuzzInput.pieces(of: input, seed: seed))
        try demand(whole == cut, "requests depend on how bytes are cut: \(whole) and \(cut)")
    }

    static let httpResponse = FuzzTarget("http-response", seeds: { seedsOfResponses }) { bytes throws(FuzzFailure) in
        let (seed, input) = (bytes.first ?? 0, Array(bytes.dropFirst()))
        let whole = HTTPTranscript.responses([input[...]])
        let cut = HTTPTranscript.responses(FuzzInput.pieces(of: input, seed: seed))
        try demand(whole == cut, "responses depend on how bytes are cut: \(whole) and \(cut)")
    }

    private static var seedsOfRequests: [[UInt8]] {
        [
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /x?y HTTP/1.1\r\nHost: b:80\r\n\r\n",
            "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab",
            "GET http://h/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "\r\nGET / HTTP/1.0\r\n\r\n",
        ].map { [7] + Array($0.utf8) }
    }

    private static var seedsOfResponses: [[UInt8]] {
        [
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
            "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nuntil the end",
        ].map { [7] + Array($0.utf8) }
    }
}

/// What a parser makes of the bytes of one connection.
private enum HTTPTranscript {
    private static let bodyBytesMax = 4096

    static func requests(_ pieces: [ArraySlice<UInt8>]) -> [String] {
        guard let peer = try? SocketAddress(host: "127.0.0.1", port: 1) else { return [] }
        var parser = HTTPRequestParser(peer: peer, bodyBytesMax: bodyBytesMax)
        return read(pieces) { input, offset throws(HTTPFailure) in
            switch try parser.take(input, &offset) {
            case .needsMore, .wantsContinue: return nil
            case .request(let request):
                return "\(request.method) \(request.target) \(request.host ?? "-") \(request.body)"
            }
        }
    }

    static func responses(_ pieces: [ArraySlice<UInt8>]) -> [String] {
        var parser = HTTPResponseParser(bodyBytesMax: bodyBytesMax)
        let read = read(pieces) { input, offset throws(HTTPFailure) in
            try parser.take(input, &offset).map { "\($0.status) \($0.body)" }
        }
        return read + (parser.takeEnd().map { ["at the end \($0.status) \($0.body)"] } ?? [])
    }

    /// What `take` gives, until there is no more or it fails.
    private static func read(
        _ pieces: [ArraySlice<UInt8>], _ take: (Span<UInt8>, inout Int) throws(HTTPFailure) -> String?
    ) -> [String] {
        var found: [String] = []
        for piece in pieces {
            let bytes = Array(piece)
            var offset = 0
            while offset < bytes.count {
                do throws(HTTPFailure) {
                    if let message = try take(bytes.span, &offset) { found.append(message) }
                } catch { return found + ["\(error)"] }
            }
        }
        return found
    }
}
