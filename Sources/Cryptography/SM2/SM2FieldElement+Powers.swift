extension SM2FieldElement {
    func squared(times count: Int) -> Self {
        var result = self
        for _ in 0..<count { result = result.squared() }
        return result
    }

    /// The inverse; zero for zero. From the top, the bits of p - 2 are 31 ones, a zero, 128 ones, 32 zeros, 62 ones, a
    /// zero, a one.
    func inverted() -> Self {
        let runs = RunsOfOnes(self)
        let upper = runs.upper160.squared(times: 64) * runs.to32
        return (upper.squared(times: 30) * runs.to30).squared(times: 2) * self
    }

    /// A square root, or nil if there is none. As p = 3 modulo 4, it is the power (p + 1) / 4, whose bits are 31 ones, a
    /// zero, 128 ones, 31 zeros, a one, 62 zeros.
    func squareRoot() -> Self? {
        let root = (RunsOfOnes(self).upper160.squared(times: 32) * self).squared(times: 62)
        return root.squared() == self ? root : nil
    }

    /// The powers of an element that both exponents are made of. The name says how many ones the exponent has.
    private struct RunsOfOnes {
        let to30, to32: SM2FieldElement
        /// 31 ones, a zero, 128 ones.
        let upper160: SM2FieldElement

        init(_ to1: SM2FieldElement) {
            let to2 = to1.squared() * to1
            let to4 = to2.squared(times: 2) * to2
            let to6 = to4.squared(times: 2) * to2
            let to7 = to6.squared() * to1
            let to8 = to7.squared() * to1
            let to15 = to8.squared(times: 7) * to7
            to30 = to15.squared(times: 15) * to15
            let to31 = to30.squared() * to1
            let to32 = to31.squared() * to1
            self.to32 = to32
            upper160 = (0..<3).reduce(to31.squared(times: 33) * to32) { power, _ in power.squared(times: 32) * to32 }
        }
    }
}
