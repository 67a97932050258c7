/// Lines over time, one chart below the other, as an SVG image.
struct Chart: Sendable {
    let title: String
    /// Between two values, in seconds.
    let step: Double
    /// An instant that is marked.
    let marked: Double
    var series: [(name: String, values: [Double])] = []

    private static let (width, height, margin) = (720.0, 190.0, 48.0)
    private static let colours = ["#0b6e99", "#d9730d"]

    static func svg(_ charts: [Chart]) -> String {
        let total = Double(charts.count) * height
        let parts = charts.enumerated().map { $1.drawing(top: Double($0) * height) }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(total)" font-family="sans-serif" font-size="11">
            <rect width="100%" height="100%" fill="white"/>
            \(parts.joined(separator: "\n"))
            </svg>

            """
    }

    private func drawing(top: Double) -> String {
        let highest = max(1, series.flatMap(\.values).max() ?? 1)
        let count = series.map(\.values.count).max() ?? 1
        let (left, right) = (Self.margin, Self.width - 12)
        let (upper, lower) = (top + 28, top + Self.height - 30)
        func x(_ index: Double) -> Double { left + (right - left) * index / Double(max(1, count - 1)) }
        func y(_ value: Double) -> Double { lower - (lower - upper) * value / highest }
        var parts = [
            "<text x=\"\(left)\" y=\"\(top + 16)\" font-weight=\"bold\">\(title): commands a second</text>",
            "<path d=\"M\(left) \(upper)V\(lower)H\(right)\" fill=\"none\" stroke=\"#888\"/>",
            "<text x=\"\(left - 6)\" y=\"\(upper + 4)\" text-anchor=\"end\">\(Int(highest))</text>",
            "<text x=\"\(left - 6)\" y=\"\(lower)\" text-anchor=\"end\">0</text>",
            "<path d=\"M\(rounded(x(marked / step))) \(upper)V\(lower)\" stroke=\"#c00\" stroke-dasharray=\"3 3\"/>",
        ]
        for second in Swift.stride(from: 0.0, through: Double(count) * step, by: 5)
        where second / step <= Double(count - 1) {
            parts.append(
                "<text x=\"\(rounded(x(second / step)))\" y=\"\(lower + 14)\" text-anchor=\"middle\">\(Int(second)) s</text>"
            )
        }
        for (number, line) in series.enumerated() {
            let colour = Self.colours[number % Self.colours.count]
            let points = line.values.enumerated().map { "\(rounded(x(Double($0)))),\(rounded(y($1)))" }
            parts.append(
                "<polyline points=\"\(points.joined(separator: " "))\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.5\"/>"
            )
            parts.append(
                "<text x=\"\(right - 90 + 50 * Double(number))\" y=\"\(top + 16)\" fill=\"\(colour)\">\(line.name)</text>"
            )
        }
        return parts.joined(separator: "\n")
    }

    private func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
