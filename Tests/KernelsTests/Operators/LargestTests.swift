import Kernels
import Testing

@Suite struct LargestTests {
    /// Around 4 vectors of 8 and of 16 lanes, and their tails.
    static let columns = [1, 2, 7, 8, 9, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 1_001]

    private func places(_ set: InstructionSet, _ x: Matrix) -> [Int32] {
        let kernels = SupportedSets.kernels(set)
        var places = [Int32](repeating: -7, count: x.count + 1)
        x.read { x in places.withUnsafeMutableBufferPointer { kernels.largest(x, into: $0.baseAddress!) } }
        #expect(places.removeLast() == -7, "written past the last row")
        // A row by itself, on this thread.
        for row in 0..<x.count { #expect(x.row(row).values.withUnsafeBufferPointer(kernels.largest) == places[row]) }
        return places
    }

    /// By its definition.
    private func expected(_ x: Matrix) -> [Int32] {
        (0..<x.count).map { row in
            var place = -1, most = -Float.infinity
            for column in 0..<x.columns where x[row, column] > most { (place, most) = (column, x[row, column]) }
            return Int32(place)
        }
    }

    @Test("The place is that of the largest number, wherever it stands", arguments: SupportedSets.all)
    func everyPlace(_ set: InstructionSet) {
        for columns in Self.columns {
            // In row i it is number i.
            var x = Matrix.random(columns, columns, seed: UInt64(columns))
            for row in 0..<columns { x[row, row] = 1.5 }
            #expect(places(set, x) == (0..<Int32(columns)).map { $0 })
        }
    }

    @Test("Of equals it is the first", arguments: SupportedSets.all)
    func ties(_ set: InstructionSet) {
        for columns in Self.columns {
            var x = Matrix(40, columns)
            var generator = Generator(seed: UInt64(columns))
            for i in x.values.indices { x.values[i] = Float(generator.next() % 3) - 5 }
            for column in 0..<columns { x[3, column] = 2 }
            // Zeros are equal, whatever their signs.
            for column in 0..<columns { x[4, column] = column % 2 == 0 ? -0.0 : 0.0 }
            #expect(places(set, x) == expected(x))
        }
    }

    @Test(
        "NaN is passed over, infinity is the largest, and a row without a number above minus infinity has none",
        arguments: SupportedSets.all)
    func strangeNumbers(_ set: InstructionSet) {
        for columns in Self.columns {
            for place in [0, columns / 2, columns - 1] {
                var x = Matrix.random(7, columns, seed: 9)
                for column in 0..<columns {
                    x[0, column] = .nan
                    x[1, column] = -.infinity
                    x[2, column] = column % 2 == 0 ? .nan : -.infinity
                    x[3, column] = column == place ? -.greatestFiniteMagnitude : column % 3 == 0 ? .nan : -.infinity
                    x[4, column] = column == place ? .nan : -Float(column)
                }
                x[5, place] = .infinity
                x[6, place] = .nan
                let result = places(set, x)
                #expect(result == expected(x), "\(columns) columns, place \(place)")
                #expect(Array(result[..<4]) == [-1, -1, -1, Int32(place)])
                #expect(result[5] == Int32(place))
            }
        }
    }

    @Test("Rows of no columns have none, and no rows are written nowhere", arguments: SupportedSets.all)
    func empty(_ set: InstructionSet) {
        #expect(places(set, Matrix(3, 0)) == [-1, -1, -1])
        #expect(places(set, Matrix(0, 5)) == [])
        #expect(SupportedSets.kernels(set).largest(UnsafeBufferPointer(start: nil, count: 0)) == -1)
    }

    @Test("Columns of a wider matrix, by any number of threads", arguments: SupportedSets.all)
    func slices(_ set: InstructionSet) {
        var wide = Matrix.random(300, 211, seed: 5)
        for row in 0..<300 { (wide[row, 4], wide[row, 201]) = (9, 9) }
        let slice = wide.columns(5..<200)
        for threads in [1, 5] {
            let kernels = SupportedSets.make(set, team: SupportedSets.team(threads))
            var places = [Int32](repeating: -7, count: 300)
            wide.read { x in places.withUnsafeMutableBufferPointer { kernels.largest(x.columns(5..<200), into: $0.baseAddress!) } }
            #expect(places == expected(slice))
        }
    }
}
