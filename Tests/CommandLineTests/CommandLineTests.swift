import SystemTestSupport
import Testing

@Suite struct CommandLineTests {
}
