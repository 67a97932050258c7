/// The limits of JSON texts.
package enum JSONLimits {
    /// The longest text that is parsed unless the caller says less, in bytes.
    package static let textBytesMax = 64 << 20
    /// How deeply arrays and objects may be nested.
    package static let depthMax = 128
    /// How many values a text may hold.
    package static let valueCountMax = 4 << 20
    /// The longest number that is kept as text, in bytes.
    package static let numberBytesMax = 128
    /// Up to this many keys of an object are compared one by one to find duplicates.
    static let keysComparedMax = 16
    /// For how many elements an array or object that is not empty gets room at first.
    static let elementsReserved = 4
}
