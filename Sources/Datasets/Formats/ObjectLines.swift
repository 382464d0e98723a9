internal import Wire

/// Records of JSON objects, one a line, whose members the table names; what they make together `build` says.
struct ObjectLines: LineParser {
    private var fields: RecordFields
    private let build: RecordBuilding

    init(_ table: FieldTable, _ build: @escaping RecordBuilding) {
        fields = RecordFields(table)
        self.build = build
    }

    mutating func record(of line: UnsafeRawBufferPointer) throws(LineFault) -> IngestRecord.Record {
        try fields.read(line)
        return try build(fields)
    }
}
