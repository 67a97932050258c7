/// Requests, first in, first out.
struct HTTPClientQueue {
    /// Those before `start` have been taken out. Invariant: `start <= requests.count`.
    private var requests: [HTTPClientRequest?] = []
    private var start = 0

    var count: Int { requests.count - start }
    var isEmpty: Bool { count == 0 }
    var first: HTTPClientRequest? { isEmpty ? nil : requests[start] }

    mutating func append(_ request: HTTPClientRequest) { requests.append(request) }

    mutating func prepend(_ others: [HTTPClientRequest]) {
        requests.replaceSubrange(0..<start, with: others)
        start = 0
    }

    @discardableResult
    mutating func popFirst() -> HTTPClientRequest? {
        guard !isEmpty else { return nil }
        let request = requests[start]
        requests[start] = nil
        start += 1
        // Each request is moved at most once for each that was taken out.
        if start * 2 > requests.count {
            requests.removeFirst(start)
            start = 0
        }
        return request
    }

    mutating func takeAll() -> [HTTPClientRequest] {
        defer {
            requests = []
            start = 0
        }
        return requests[start...].compactMap(\.self)
    }
}
