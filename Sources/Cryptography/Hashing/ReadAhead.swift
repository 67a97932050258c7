internal import CMemory

/// Asks for elements of a list to come into the processor's cache while it does other things: the memory takes longer to
/// answer than a hash takes, but it answers many questions at a time.
///
/// Inlinable, because it costs as much as it saves where it is not specialised.
@inlinable
package func readAhead<Element>(_ list: Span<Element>, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= list.count)
    list.withUnsafeBufferPointer { buffer in
        guard let first = buffer.baseAddress else { return }
        // Within the list by the check above.
        readAhead(first + range.lowerBound, byteCount: range.count * MemoryLayout<Element>.stride)
    }
}

/// Asks for the first bytes of an object.
package func readAhead(_ object: AnyObject, byteCount: Int) {
    readAhead(UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque()), byteCount: byteCount)
}

/// The shim reads nothing, so any address will do.
@usableFromInline
func readAhead(_ address: UnsafeRawPointer, byteCount: Int) { cairn_read_ahead(address, byteCount) }
