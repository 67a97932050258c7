internal import Primitives

/// Times as X.509 writes them: to the second, in Greenwich (RFC 5280, 4.1.2.5).
enum CertificateTime {
    private static let secondsPerDay = 86_400
    /// The last second of the year 9999, which also stands for no end at all.
    private static let last = Timestamp(milliseconds: 253_402_300_799_000)
    /// Until here years are written with two digits.
    private static let lastShortYear = 2049

    static func read(from reader: inout DERReader, _ what: String) throws(CertificateError) -> Timestamp {
        let isShort = reader.nextTag == DERTag.utcTime
        let text = try reader.content(isShort ? DERTag.utcTime : DERTag.generalizedTime, what)
        guard text.count == (isShort ? 13 : 15), text[text.count - 1] == UInt8(ascii: "Z"),
            let digits = digits(text.dropLast())
        else { throw reader.error("\(what) is no time of Greenwich to the second") }
        let pairs = stride(from: 0, to: digits.count, by: 2).map { digits[$0] * 10 + digits[$0 + 1] }
        let year = isShort ? (pairs[0] < 50 ? 2000 : 1900) + pairs[0] : pairs[0] * 100 + pairs[1]
        guard let seconds = seconds(year, Array(pairs.suffix(5))) else {
            throw reader.error("\(what) is no date from 1970 on")
        }
        return Timestamp(milliseconds: UInt64(seconds) * 1000)
    }

    private static func digits(_ text: ArraySlice<UInt8>) -> [Int]? {
        guard text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return text.map { Int($0) - 48 }
    }

    /// Seconds since 1970 of a year and a month, day, hour, minute and second; nil if there is no such time.
    private static func seconds(_ year: Int, _ parts: [Int]) -> Int? {
        let (month, day) = (parts[0], parts[1])
        guard year >= 1970, (1...12).contains(month), (1...dayCount(year, month)).contains(day), parts[2] < 24,
            parts[3] < 60, parts[4] < 60
        else { return nil }
        let leapYears = { (year: Int) in year / 4 - year / 100 + year / 400 }
        let days = (year - 1970) * 365 + leapYears(year - 1) - leapYears(1969)
        let before = (1..<month).reduce(0) { $0 + dayCount(year, $1) }
        return (days + before + day - 1) * secondsPerDay + parts[2] * 3600 + parts[3] * 60 + parts[4]
    }

    private static func dayCount(_ year: Int, _ month: Int) -> Int {
        let isLeapYear = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        return [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    /// The DER of a time, cut to the second; the last one that can be written if it lies beyond that.
    static func encode(_ time: Timestamp) -> [UInt8] {
        let seconds = Int(min(time, last).milliseconds / 1000)
        var (year, month, rest) = (1970, 1, seconds / secondsPerDay)
        while rest >= dayCount(year) {
            rest -= dayCount(year)
            year += 1
        }
        while rest >= dayCount(year, month) {
            rest -= dayCount(year, month)
            month += 1
        }
        let second = seconds % secondsPerDay
        let parts = [month, rest + 1, second / 3600, second / 60 % 60, second % 60]
        let isShort = year <= lastShortYear
        let pairs = (isShort ? [year % 100] : [year / 100, year % 100]) + parts
        let text = pairs.flatMap { [UInt8(48 + $0 / 10), UInt8(48 + $0 % 10)] } + [UInt8(ascii: "Z")]
        return DERWriter.element(isShort ? DERTag.utcTime : DERTag.generalizedTime, text)
    }

    private static func dayCount(_ year: Int) -> Int { (1...12).reduce(0) { $0 + dayCount(year, $1) } }
}
