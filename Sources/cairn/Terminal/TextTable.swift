/// Rows under titles, in columns as wide as they need to be.
struct TextTable {
    let titles: [String]
    let rows: [[String]]

    func lines(_ style: Style) -> [String] {
        let widths = titles.indices.map { column in
            ([titles] + rows).map { Style.width(of: $0[column]) }.max() ?? 0
        }
        return [style.dim(line(titles, widths))] + rows.map { line($0, widths) }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = zip(cells, widths).map { cell, width in
            cell + String(repeating: " ", count: max(0, width - Style.width(of: cell)))
        }
        let line = padded.joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed())
    }
}
