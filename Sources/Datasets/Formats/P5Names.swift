/// The numbers that P5's files have instead of ids, and the ids: `datamaps.json`, an object with the objects `id2user` and `id2item`,
/// which have an id for each number. All of it is kept in memory.
struct P5Names {
    private var users: [String: String] = [:]
    private var items: [String: String] = [:]
    private let isThere: Bool

    /// - Parameter path: Nil where there is no such file: numbers are ids then.
    /// - Throws: `DatasetError`, `unfit` for a file of another form.
    init(_ path: String?) throws(DatasetError) {
        isThere = path != nil
        guard let path else { return }
        let window = ByteWindow(try CompressedFile(path))
        while !window.isAtEnd { try window.fill() }
        do throws(LineFault) {
            try window.bytes.requireUTF8()
            var scanner = try ObjectScanner(object: window.bytes)
            while let (key, value) = try scanner.nextMember() {
                switch (key.string, value) {
                case ("id2user", let value?): users = try Self.names(value, "id2user")
                case ("id2item", let value?): items = try Self.names(value, "id2item")
                default: break
                }
            }
        } catch {
            throw DatasetError(.unfit, "\(path): \(error)")
        }
        guard !users.isEmpty, !items.isEmpty else { throw DatasetError(.unfit, "\(path) has no users in id2user, or no items in id2item") }
    }

    private static func names(_ value: RawField, _ key: String) throws(LineFault) -> [String: String] {
        guard value.kind == .object else { throw LineFault("\(key) is not an object: \(value.found)") }
        var names: [String: String] = [:], scanner = try ObjectScanner(object: value.bytes)
        while let (number, name) = try scanner.nextMember() {
            guard let name, name.kind == .text || name.kind == .number else { throw LineFault("\(key).\(number.string) is no id") }
            names[number.string] = name.string
        }
        return names
    }

    /// - Throws: `LineFault` for a number without an id, and for an id that is none.
    func user(_ number: String) throws(LineFault) -> String { try id(number, users, "user") }

    /// As `user`.
    func item(_ number: String) throws(LineFault) -> String { try id(number, items, "item") }

    private func id(_ number: String, _ names: [String: String], _ what: String) throws(LineFault) -> String {
        guard let id = isThere ? names[number] : number else { throw LineFault("datamaps.json has no \(what) \(number.prefix(40))") }
        if let reason = faultOfID(id) { throw LineFault("the id of \(what) \(number.prefix(40)) \(reason)") }
        return id
    }
}
