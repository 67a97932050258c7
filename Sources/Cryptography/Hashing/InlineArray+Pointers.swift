extension InlineArray {
    /// Lends the elements to a C function. The array must not be empty, and the pointer must not be kept.
    @inline(__always)
    func withPointer<Result>(_ body: (UnsafePointer<Element>) -> Result) -> Result {
        span.withUnsafeBufferPointer { buffer in
            guard let pointer = buffer.baseAddress else { preconditionFailure("an empty array has no address") }
            return body(pointer)
        }
    }

    /// Lends the elements to a C function that writes them. The array must not be empty, nor the pointer kept.
    @inline(__always)
    mutating func withMutablePointer<Result>(_ body: (UnsafeMutablePointer<Element>) -> Result) -> Result {
        var span = mutableSpan
        return span.withUnsafeMutableBufferPointer { buffer in
            guard let pointer = buffer.baseAddress else { preconditionFailure("an empty array has no address") }
            return body(pointer)
        }
    }
}
