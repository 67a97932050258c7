import Testing

/// Tests of the program's commands, as people and scripts use them.
@Suite(.serialized) enum CommandLineTests {}
