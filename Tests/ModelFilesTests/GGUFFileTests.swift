import ModelFiles
import Testing

@Suite struct GGUFFileTests {
    private func open(_ bytes: [UInt8]) throws -> GGUFFile { try GGUFFile(MappedFile(bytes, name: "sample")) }

    /// The error's text without the path.
    private func message(_ bytes: [UInt8]) -> String? {
        do {
            _ = try open(bytes)
            return nil
        } catch let error as ModelFileError {
            return (error.offset.map { "byte \($0): " } ?? "") + error.message
        } catch {
            return "another error: \(error)"
        }
    }

    @Test("Metadata and tensors come out as they were put in, in versions 2 and 3", arguments: [UInt32(2), 3])
    func reads(_ version: UInt32) throws {
        var builder = GGUFBuilder.sample
        builder.version = version
        let file = try withFile(builder.file) { try GGUFFile(path: $0) }
        #expect(file.version == Int(version))
        #expect(try file.string("general.architecture") == "llama")
        #expect(try file.integer("llama.block_count") == 30)
        #expect(try file.float("llama.rope.freq_base") == 100_000)
        #expect(try file.float("llama.block_count") == 30)
        #expect(try file.bool("flag"))
        #expect(try file.array("tokenizer.ggml.tokens").strings() == ["a", "Ġb", "é"])
        #expect(try file.array("tokenizer.ggml.token_type").integers() == [1, 3, -1])
        #expect(file.tensorNames == ["weights", "block"])
        let weights = try file.tensor("weights")
        #expect(weights.rows == 2 && weights.columns == 3 && weights.floats() == [1, 2, 3, 4, 5, 6])
        #expect(try file.tensor("block").floats() == (0..<32).map { Float($0 - 16) })
        if case .unsigned(.max) = file[key: "large"] {} else { Issue.record("a 64-bit number was not kept") }
    }

    @Test("What is asked for and is not there, or of another kind, is named")
    func lookups() throws {
        let file = try open(GGUFBuilder.sample.file)
        func text(_ body: () throws -> Void) -> String {
            do {
                try body()
                return ""
            } catch { return "\(error)" }
        }
        #expect(text { _ = try file.string("nothing") }.hasSuffix("there is no key 'nothing'"))
        #expect(text { _ = try file.tensor("nothing") }.hasSuffix("there is no tensor 'nothing'"))
        #expect(text { _ = try file.string("llama.block_count") }.hasSuffix("'llama.block_count': an integer where a string is needed"))
        #expect(text { _ = try file.array("tokenizer.ggml.tokens").integers() }.contains("string where a number is needed"))
    }

    @Test("A file that is not GGUF, or of another version or byte order, says so")
    func notGGUF() {
        #expect(message(Array("hello, world, this is text".utf8))?.contains("does not begin with 'GGUF'") == true)
        var builder = GGUFBuilder.sample
        builder.version = 1
        #expect(message(builder.file)?.contains("version 1; 2 and 3 are read") == true)
        builder.version = UInt32(3).byteSwapped
        #expect(message(builder.file)?.contains("big-endian") == true)
        #expect(message([]) == "is empty")
        #expect { _ = try GGUFFile(path: "/nonexistent/model.gguf") } throws: { "\($0)".contains("cannot open it: No such file") }
        #expect { _ = try GGUFFile(path: "/tmp") } throws: { "\($0)".contains("is not a regular file") }
    }

    @Test("Hostile lengths are refused before anything is allocated for them")
    func hostileLengths() {
        let huge = GGUFBuilder.bytes(UInt64.max)
        var file = GGUFBuilder.sample.file
        file.replaceSubrange(8..<16, with: huge)
        #expect(message(file)?.hasPrefix("byte 8: the number of tensors: 18446744073709551615, more than the") == true)
        file = GGUFBuilder.sample.file
        file.replaceSubrange(16..<24, with: huge)
        #expect(message(file)?.hasPrefix("byte 16: the number of keys") == true)
        file.replaceSubrange(16..<24, with: GGUFBuilder.bytes(UInt64(7)))
        file.replaceSubrange(24..<32, with: GGUFBuilder.bytes(UInt64(1) << 40))
        #expect(message(file)?.hasPrefix("byte 24: the length of key 0") == true)
        var builder = GGUFBuilder.sample
        builder.keys.append(("list", GGUFBuilder.bytes(UInt32(9)) + GGUFBuilder.bytes(UInt32(10)) + huge))
        #expect(message(builder.file)?.contains("the length of 'list'") == true)
    }

    @Test(
        "A wrong entry is told with its name",
        arguments: [
            ("rows of 31, which is no multiple of the 32 weights", [31] as [UInt64], UInt32(8), UInt64(0)),
            ("dimension 0 of 0", [0], 0, 0),
            ("more numbers than any file holds", [1 << 30, 1 << 30], 0, 0),
            ("5 dimensions", [1, 1, 1, 1, 1], 0, 0),
            ("type number 99 is not read", [32], 99, 0),
            ("no multiple of the alignment 32", [1], 0, 8),
            ("reach beyond the file's end", [32, 32], 0, 0),
            ("reach beyond the file's end", [1], 0, 1 << 62),
        ])
    func wrongTensors(_ expected: String, _ dimensions: [UInt64], _ type: UInt32, _ offset: UInt64) {
        var builder = GGUFBuilder.sample
        builder.tensors.append(("wrong", dimensions, type, offset))
        let text = message(builder.file)
        #expect(text?.contains("tensor 'wrong': ") == true && text?.contains(expected) == true, "\(text ?? "no error")")
    }

    @Test("Doubled keys and tensors, odd alignments, nested arrays and bad text are refused")
    func inconsistencies() {
        var builder = GGUFBuilder.sample
        builder.add("general.architecture", "again")
        #expect(message(builder.file)?.contains("'general.architecture' is there twice") == true)
        builder = .sample
        builder.tensors.append(("inner", [1], 0, 0))
        #expect(message(builder.file)?.contains("tensor 'weights' begins within tensor 'inner'") == true)
        builder = .sample
        builder.tensors.append(("block", [1], 0, 0))
        #expect(message(builder.file)?.contains("'block' is there twice") == true)
        builder = .sample
        builder.add("general.alignment", UInt32(33))
        #expect(message(builder.file)?.contains("power of two") == true)
        builder = .sample
        builder.keys.append(("nested", GGUFBuilder.bytes(UInt32(9)) + GGUFBuilder.bytes(UInt32(9)) + GGUFBuilder.bytes(UInt64(0))))
        #expect(message(builder.file)?.contains("an array of arrays") == true)
        builder = .sample
        builder.keys.append(("text", GGUFBuilder.bytes(UInt32(8)) + GGUFBuilder.bytes(UInt64(2)) + [0xC3, 0x28]))
        #expect(message(builder.file)?.contains("'text': not valid UTF-8") == true)
        builder = .sample
        builder.keys.append(("flag2", GGUFBuilder.bytes(UInt32(7)) + [2]))
        #expect(message(builder.file)?.contains("a bool of 2") == true)
    }

    @Test("Cut off at any byte of the head or the data, the file is refused")
    func truncations() {
        let whole = GGUFBuilder.sample.file
        #expect(message(whole) == nil)
        for length in 0..<whole.count where message(Array(whole[..<length])) == nil {
            Issue.record("\(length) of \(whole.count) bytes were taken")
        }
    }

    @Test("Twenty thousand damaged heads give errors or files, and nothing else")
    func mutations() throws {
        let whole = GGUFBuilder.sample.file
        var generator = SeededRandom(state: 20_000), refused = 0
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 4..<whole.count, using: &generator)] =
                    [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255)].randomElement(using: &generator) ?? 0
            }
            do {
                let file = try open(bytes)
                for name in file.tensorNames { _ = try file.tensor(name).floats() }
                for key in file.keys { if case .array(let array) = file[key: key], array.type == .string { _ = try array.stringBytes() } }
            } catch is ModelFileError { refused += 1 }
        }
        #expect(refused > 1_000)
    }

    @Test("What was given back of a mapped file is there again when it is read")
    func givenBack() throws {
        let bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try withFile(bytes) { path in
            let file = try MappedFile(path: path)
            file.readAhead()
            for range in [0..<20_000, 1..<4_096, 4_096..<8_192, 5_000..<5_001, 0..<0] {
                file.giveBack(range)
                #expect(Array(file.bytes) == bytes)
            }
        }
    }
}

/// SplitMix64: the same numbers on every run.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
