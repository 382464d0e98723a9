import Foundation
import ModelFiles
import Testing

@Suite struct SafetensorsTests {
    private func file(_ head: String, data: Int = 0) -> [UInt8] {
        GGUFBuilder.bytes(UInt64(head.utf8.count)) + Array(head.utf8) + [UInt8](repeating: 0, count: data)
    }

    private func message(_ bytes: [UInt8]) throws -> String? {
        try withFile(bytes) { path in
            do {
                _ = try SafetensorsFile(path: path)
                return nil
            } catch { return "\(error)" }
        }
    }

    @Test("What is written is read, and the file appears whole or not at all")
    func roundTrip() throws {
        try withFolder { folder in
            let path = "\(folder)/model.safetensors"
            let floats: [Float] = [1, -2, .infinity, 0.5, 3, 4], integers: [Int64] = [7, -9]
            let entries = [
                SafetensorsWriter.Entry("a.weight", .f32, [2, 3]), .init("ids", .i64, [2]), .init("empty", .f32, [0, 5]),
                .init("scalar", .f32, []),
            ]
            try SafetensorsWriter.write(to: path, metadata: ["format": "pt"], entries) { index, write in
                switch index {
                case 0: try floats.withUnsafeBytes { try write($0) }
                case 1: try integers.withUnsafeBytes { try write($0) }
                case 2: try write(UnsafeRawBufferPointer(start: nil, count: 0))
                default: try [Float(42)].withUnsafeBytes { try write($0) }
                }
            }
            let file = try SafetensorsFile(path: path)
            #expect(file.metadata == ["format": "pt"])
            #expect(try file.tensor("a.weight").shape == [2, 3])
            #expect(try file.tensor("a.weight").floats() == floats)
            #expect(try file.tensor("ids").integers() == [7, -9])
            #expect(try file.tensor("empty").floats() == [])
            #expect(try file.tensor("scalar").floats() == [42])
            #expect { _ = try file.tensor("ids").floats() } throws: { "\($0)".contains("'ids': I64 where F32, F16 or BF16 is needed") }

            // A write that fails leaves the old file and nothing beside it.
            #expect(throws: ModelFileError.self) {
                try SafetensorsWriter.write(to: path, [.init("b", .f32, [1])]) { _, write in
                    try write(UnsafeRawBufferPointer(start: nil, count: 0))
                }
            }
            #expect(try SafetensorsFile(path: path).tensorNames == file.tensorNames)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["model.safetensors"])
        }
    }

    @Test(
        "A wrong head is refused with the tensor's name",
        arguments: [
            ("not a JSON object", "[1]", 0),
            ("not a JSON object", #"{"a": "#, 0),
            ("'x': needs a dtype", #"{"x": {"dtype": "F32"}}"#, 0),
            ("'x': type F99 is not read", #"{"x": {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}}"#, 4),
            ("'x': 4 bytes for F32 of shape [2]", #"{"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}"#, 4),
            ("'x': data_offsets [0, 8]", #"{"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}"#, 4),
            ("'x': data_offsets [4, 0]", #"{"x": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}"#, 4),
            ("a hole or an overlap", #"{"x": {"dtype": "U8", "shape": [1], "data_offsets": [1, 2]}}"#, 2),
            ("the tensors end here", #"{"x": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}"#, 2),
            ("'x': a shape of", #"{"x": {"dtype": "U8", "shape": [-1, -1], "data_offsets": [0, 1]}}"#, 1),
        ])
    func wrongHeads(_ expected: String, _ head: String, _ data: Int) throws {
        let text = try message(file(head, data: data))
        #expect(text?.contains(expected) == true, "\(text ?? "no error")")
    }

    @Test("Hostile lengths and cut-off files are refused")
    func hostile() throws {
        #expect(try message(GGUFBuilder.bytes(UInt64.max))?.contains("the length of the head: 18446744073709551615, more than") == true)
        let whole = file(#"{"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}"#, data: 8)
        #expect(try message(whole) == nil)
        for length in 0..<whole.count { #expect(try message(Array(whole[..<length])) != nil, "\(length) bytes") }
    }
}
