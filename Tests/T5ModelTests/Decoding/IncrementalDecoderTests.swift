import Kernels
import T5Model
import Testing

@Suite struct IncrementalDecoderTests {
    @Test("A token at a time gives the states of the whole, in whatever order hypotheses are made", arguments: GoldenT5.models)
    func states(_ golden: GoldenT5) throws {
        for precision in [ProductPrecision.float32, .bfloat16] {
            let model = try golden.model(precision), batch = try golden.batch(model.configuration)
            let whole = model.forward(batch) { $0.decoder.numbers }, width = model.configuration.width
            let exact = try golden.model(.float32).forward(batch) { $0.decoder.numbers }
            // Of the states step by step, and of the whole, from what float32 gives.
            var errors = (steps: 0.0, whole: 0.0)
            let decoder = IncrementalDecoder(model)
            var encoder = T5Batch(model.configuration)
            for var sequence in try golden.sequences() {
                sequence.labels = []
                try encoder.append(sequence)
            }
            decoder.begin(encoder)
            // The first tokens of each sequence at once, the others one by one.
            let spans = batch.decoderSpans.map(\.queries)
            var last: [Int32?] = spans.map { _ in nil }, row = 0
            while spans.contains(where: { row < $0.count }) {
                let take = row == 0 ? 3 : 1
                var added: [Int] = []
                for (request, span) in spans.enumerated() {
                    for place in row..<row + take where place < span.count {
                        let handle = decoder.add(batch.decoderTokens[span.lowerBound + place], after: last[request], request: request)
                        if let before = last[request] { decoder.release(before) }
                        last[request] = handle
                        added.append(span.lowerBound + place)
                    }
                }
                let states = decoder.step { $0.numbers }
                for (index, place) in added.enumerated() {
                    let numbers = place * width..<(place + 1) * width
                    let state = Array(states[index * width..<(index + 1) * width]), expected = Array(whole[numbers])
                    // Attention on AMX's tiles rounds the whole's inputs alone: there only the distance from float32 can be told.
                    if precision == .float32 || model.kernels.instructionSet != .avx512AMX {
                        #expect(largestDifference(state, expected) < (precision == .float32 ? 2e-5 : 0.1), "row \(place)")
                    }
                    errors.steps += relativeDifference(state, Array(exact[numbers]))
                    errors.whole += relativeDifference(expected, Array(exact[numbers]))
                }
                row += take
            }
            for handle in last { if let handle { decoder.release(handle) } }
            #expect(decoder.keptTokenCount == 0)
            if precision == .bfloat16 {
                #expect(errors.whole > 0 && errors.steps < 1.05 * errors.whole, "\(errors)")
            }
        }
    }

    @Test(
        "A hypothesis has the same bits whatever hypotheses share its beginning, and after others are given up", arguments: GoldenT5.models)
    func sharing(_ golden: GoldenT5) throws {
        let model = try golden.model(), decoder = IncrementalDecoder(model), width = model.configuration.width
        var batch = T5Batch(model.configuration)
        try batch.append(tokens: [5, 9, 17, 1], task: 1)
        func alone(_ tokens: [Int32]) -> [Float] {
            decoder.begin(batch)
            var last: Int32?, states: [Float] = []
            for token in tokens {
                last = decoder.add(token, after: last, request: 0)
                states = decoder.step { $0.numbers }
            }
            return states
        }
        let wanted = [[0, 4, 7, 9], [0, 4, 7, 2], [0, 4, 3, 2], [0, 6, 3, 2]] as [[Int32]]
        let expected = wanted.map(alone)
        decoder.begin(batch)
        let start = decoder.add(0, request: 0)
        decoder.step { _ in }
        // Many that are given up again, so that rows are used twice.
        let noise = (0..<90).map { decoder.add(Int32($0 + 2), after: start, request: 0) }
        let four = decoder.add(4, after: start, request: 0), six = decoder.add(6, after: start, request: 0)
        decoder.step { _ in }
        noise.forEach(decoder.release)
        decoder.release(start)
        let seven = decoder.add(7, after: four, request: 0), three = decoder.add(3, after: four, request: 0)
        let other = decoder.add(3, after: six, request: 0)
        decoder.step { _ in }
        [four, six].forEach(decoder.release)
        let ends = [(9, seven), (2, seven), (2, three), (2, other)].map { decoder.add($0.0, after: $0.1, request: 0) }
        let states = decoder.step { $0.numbers }
        for (index, state) in expected.enumerated() { #expect(Array(states[index * width..<(index + 1) * width]) == state) }
        #expect(decoder.keptTokenCount == 10)
        ([seven, three, other] + ends).forEach(decoder.release)
        #expect(decoder.keptTokenCount == 0)
    }
}
