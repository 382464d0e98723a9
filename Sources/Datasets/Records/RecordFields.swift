internal import Wire

/// What the fields of a record are together.
typealias RecordBuilding = (borrowing RecordFields) throws(LineFault) -> IngestRecord.Record

/// The fields of one record, as far as they are wanted, and checked ways to read them. To be cleared and used again for the next.
struct RecordFields {
    let table: FieldTable
    private var values = InlineArray<13, RawField?>(repeating: nil)
    /// The entry of the table that a value came by.
    private var entries = InlineArray<13, Int>(repeating: 0)

    init(_ table: FieldTable) { self.table = table }

    mutating func clear() {
        for index in values.indices { values[index] = nil }
    }

    /// - Parameter entry: An index of the table.
    /// - Throws: `LineFault` where another field has told the same already.
    mutating func set(_ entry: Int, _ value: RawField) throws(LineFault) {
        let role = table.entries[entry].role.rawValue
        guard values[role] == nil else {
            let other = table.entries[entries[role]].name, name = table.entries[entry].name
            throw LineFault(other == name ? "\(name) comes twice" : "both \(other) and \(name) are there")
        }
        values[role] = value
        entries[role] = entry
    }

    /// Takes what the table names of an object of JSON, or of a Python literal, instead of what was there. Null is the same as none.
    mutating func read(_ object: UnsafeRawBufferPointer) throws(LineFault) {
        clear()
        var scanner = try ObjectScanner(object: object)
        while let (key, value) = try scanner.nextMember() {
            if let value, let entry = table.index(of: key) { try set(entry, value) }
        }
    }

    subscript(_ role: FieldRole) -> RawField? { values[role.rawValue] }

    func has(_ role: FieldRole) -> Bool { values[role.rawValue] != nil }

    /// A field's name as the file has it.
    func name(_ role: FieldRole) -> String { table.entries[entries[role.rawValue]].name }

    // MARK: Values

    /// An id, kept as it is given.
    /// - Throws: `LineFault` for one that is empty, longer than `Limits.idBytes`, has control characters, or is neither text nor a whole
    ///   number.
    func id(_ role: FieldRole) throws(LineFault) -> String? {
        guard let field = self[role] else { return nil }
        let isWhole = field.kind == .number && field.bytes.allSatisfy { $0 == UInt8(ascii: "-") || $0 &- UInt8(ascii: "0") < 10 }
        guard field.kind == .text || isWhole else {
            throw LineFault("\(name(role)) is neither text nor a whole number: \(field.found)")
        }
        let id = field.string
        if let reason = faultOfID(id) { throw LineFault("\(name(role)) \(reason)") }
        return id
    }

    /// Text of any kind: as it is given; empty where there is none. A number counts as its digits.
    /// - Throws: `LineFault` for what is neither, is longer than `Limits.textBytes` or has NUL in it.
    func text(_ role: FieldRole) throws(LineFault) -> String {
        guard let field = self[role] else { return "" }
        return try text(field, role)
    }

    private func text(_ field: RawField, _ role: FieldRole) throws(LineFault) -> String {
        guard field.kind == .text || field.kind == .number else { throw LineFault("\(name(role)) is not text: \(field.found)") }
        let text = field.string
        guard text.utf8.count <= Limits.textBytes else {
            throw LineFault("\(name(role)) has \(text.utf8.count) bytes, and at most \(Limits.textBytes) are taken")
        }
        // protobuf-c's strings end with one.
        guard !hasNUL(text) else { throw LineFault("\(name(role)) has a NUL character in it") }
        return text
    }

    /// The texts of a list, of lists in it too, each once; of text alone, itself. Empty ones are left out.
    /// - Throws: as `text`, also where all together are longer than `Limits.textBytes`, or more than `Limits.listCount`.
    func texts(_ role: FieldRole) throws(LineFault) -> [String] {
        guard let field = self[role] else { return [] }
        var texts: [String] = [], seen: Set<String> = [], count = 0
        try collect(field, role) { (text) throws(LineFault) in
            guard !text.isEmpty, seen.insert(text).inserted else { return }
            texts.append(text)
            count += text.utf8.count
            guard count <= Limits.textBytes, texts.count <= Limits.listCount else {
                throw LineFault("\(name(role)) has more than \(Limits.listCount) texts, or \(Limits.textBytes) bytes in all")
            }
        }
        return texts
    }

    private func collect(
        _ field: RawField, _ role: FieldRole, _ add: (String) throws(LineFault) -> Void
    ) throws(LineFault) {
        guard field.kind == .list else { return try add(try text(field, role)) }
        var scanner = ObjectScanner(list: field)
        while let element = try scanner.nextElement() {
            if let element { try collect(element, role, add) }
        }
    }

    /// As `texts`, a line each.
    func joinedTexts(_ role: FieldRole) throws(LineFault) -> String { try texts(role).joined(separator: "\n") }

    /// 0 where there is none.
    /// - Throws: `LineFault` for what is no number, or below 0.
    func rating() throws(LineFault) -> Double {
        guard let field = self[.rating] else { return 0 }
        guard field.kind == .number || field.kind == .text, let rating = DecimalNumber.value(of: field.bytes) else {
            throw LineFault("\(name(.rating)) is not a number: \(field.found)")
        }
        guard rating >= 0 else { throw LineFault("\(name(.rating)) is below 0: \(field.found)") }
        return rating
    }

    /// 0 where there is none.
    /// - Throws: `LineFault`: see `Timestamp`.
    func timestampMs() throws(LineFault) -> Int64 {
        guard let field = self[.time] else { return 0 }
        return try Timestamp.milliseconds(of: field, table.entries[entries[FieldRole.time.rawValue]].unit, name: name(.time))
    }
}

private func hasNUL(_ text: String) -> Bool {
    let utf8 = text.utf8
    return utf8.withContiguousStorageIfAvailable { UnsafeRawBufferPointer($0).firstIndex(of: 0, from: 0) != nil } ?? utf8.contains(0)
}

/// What makes text unfit as an id, in words; nil for one that is fit.
func faultOfID(_ id: String) -> String? {
    guard !id.isEmpty else { return "is empty" }
    guard id.utf8.count <= Limits.idBytes else { return "has \(id.utf8.count) bytes, and at most \(Limits.idBytes) are taken" }
    // Of most ids that is all there is to look at.
    if id.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return nil }
    let control = id.unicodeScalars.first { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
    return control.map { "has a control character in it (U+\(String($0.value, radix: 16, uppercase: true)))" }
}
