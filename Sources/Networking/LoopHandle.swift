internal import CUV

/// What owns one libuv handle: its memory, from before its initialisation until libuv has let go of it.
///
/// An open handle keeps its owner alive. Everything here happens on the loop's thread, or before that thread starts.
package class LoopHandle {
    package let loop: EventLoop
    private let memory: UnsafeMutableRawPointer
    private(set) var isHandleOpen = true

    /// - Parameter initialise: calls the `uv_..._init` of the kind and gives back its code.
    init(
        _ kind: uv_handle_type, on loop: EventLoop, operation: String,
        initialise: (UnsafeMutableRawPointer) -> Int32
    ) throws(NetworkingError) {
        self.loop = loop
        // 16 is malloc's alignment, which is all that libuv asks for.
        memory = .allocate(byteCount: uv_handle_size(kind), alignment: 16)
        let code = initialise(memory)
        guard code == 0 else {
            memory.deallocate()
            throw .system(operation, code: code)
        }
        // Given back by `release` when libuv has closed the handle.
        pointer(as: uv_handle_t.self).pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    /// The handle, seen as its own kind or as one that libuv lays out as its beginning.
    func pointer<Kind>(as kind: Kind.Type) -> UnsafeMutablePointer<Kind> {
        precondition(isHandleOpen, "a closed handle is not used")
        return memory.assumingMemoryBound(to: kind)
    }

    /// Begins to close the handle; `handleClosed` follows. Repeated calls do nothing.
    func closeHandle() {
        guard isHandleOpen else { return }
        let handle = pointer(as: uv_handle_t.self)
        isHandleOpen = false
        uv_close(handle) { LoopHandle.release($0) }
    }

    /// As `closeHandle`, but the peer of a TCP stream sees a reset and nothing that waits is sent.
    func closeHandleWithReset() {
        guard isHandleOpen else { return }
        let handle = pointer(as: uv_tcp_t.self)
        guard uv_tcp_close_reset(handle, { LoopHandle.release($0) }) == 0 else { return closeHandle() }
        isHandleOpen = false
    }

    /// The last call that a handle's owner gets.
    func handleClosed() {}

    /// The loop is about to stop: close whatever is open.
    func loopStops() { closeHandle() }

    /// The owner of a handle that libuv hands to a callback, or nil if it is of another class.
    static func owner<Owner: LoopHandle>(
        _ type: Owner.Type, of handle: UnsafeMutableRawPointer?
    ) -> Owner? {
        guard let data = handle?.assumingMemoryBound(to: uv_handle_t.self).pointee.data else { return nil }
        return Unmanaged<LoopHandle>.fromOpaque(data).takeUnretainedValue() as? Owner
    }

    private static func release(_ handle: UnsafeMutablePointer<uv_handle_t>?) {
        guard let handle, let data = handle.pointee.data else { return }
        let owner = Unmanaged<LoopHandle>.fromOpaque(data).takeRetainedValue()
        owner.handleClosed()
        owner.memory.deallocate()
    }
}
