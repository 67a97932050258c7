import Testing

/// Tests of the real node, as processes. One after another: each takes much of a small machine.
@Suite(.serialized) enum NodeTests {}
