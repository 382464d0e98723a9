internal import Wire

/// The records of a table: a row each, whose columns the field table names.
final class TableRecords: RecordSource {
    private let table: TableFile
    private var fields: RecordFields
    private let build: RecordBuilding
    /// Of each column the entry of the field table; nil for one that is not wanted.
    private let entries: [Int?]

    /// - Parameters:
    ///   - name: A field's name from that of its column.
    ///   - required: Of each group of names a column has to be there, unless the file is empty.
    /// - Throws: `DatasetError`, `unfit` where a column is missing, listing those there are.
    init(
        _ table: TableFile, _ fieldTable: FieldTable, name: (String) -> String = { $0 }, required: [[String]],
        _ build: @escaping RecordBuilding
    ) throws(DatasetError) {
        self.table = table
        self.build = build
        fields = RecordFields(fieldTable)
        let names = table.columns.map(name)
        // Where a role has many names, the first of them that is there counts.
        var taken: [FieldRole: Int] = [:]
        for (index, entry) in fieldTable.entries.enumerated() where taken[entry.role] == nil && names.contains(entry.name) {
            taken[entry.role] = index
        }
        entries = names.map { name in fieldTable.index(of: name).flatMap { taken[fieldTable.entries[$0].role] == $0 ? $0 : nil } }
        guard !table.columns.isEmpty else { return }
        for wanted in required where !wanted.contains(where: names.contains) {
            let there = table.columns.map { $0.isEmpty ? "(no name)" : $0 }.joined(separator: ", ")
            throw DatasetError(.unfit, "\(table.path) has no column \(wanted.joined(separator: " or ")): there are \(there)")
        }
    }

    var consumedBytes: Int { table.file.consumedBytes }
    var totalBytes: Int? { table.file.totalBytes }

    func next() throws(DatasetError) -> DatasetEntry? {
        guard let row = try table.next() else { return nil }
        let place = RecordPlace(file: table.path, line: table.line)
        switch row {
        case .fault(let fault): return .fault(fault, at: place)
        case .cells(let cells):
            do throws(LineFault) {
                fields.clear()
                for (cell, entry) in zip(cells, entries) {
                    // An empty cell has nothing to tell; but where users and items are told by a column, each row has to.
                    if let entry, !cell.bytes.isEmpty || fields.table.entries[entry].role.isRequiredID { try fields.set(entry, cell) }
                }
                return .record(try build(fields), at: place)
            } catch {
                return .fault(error, at: place)
            }
        }
    }
}
