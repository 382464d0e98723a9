import Kernels

/// The gradient of a function of a matrix, by central differences of two widths, of which the error of the order h² is taken away
/// (Richardson). With float32 inside the function about 1e-4 of its size is left.
func numericGradient(at x: Matrix, _ function: (Matrix) -> Double) -> [Double] {
    var moved = x
    return x.values.indices.map { i in
        func difference(_ h: Float) -> Double {
            moved.values[i] = x.values[i] + h
            let (above, upper) = (function(moved), moved.values[i])
            moved.values[i] = x.values[i] - h
            let (below, lower) = (function(moved), moved.values[i])
            moved.values[i] = x.values[i]
            return (above - below) / Double(upper - lower)
        }
        return (4 * difference(1.0 / 64) - difference(1.0 / 32)) / 3
    }
}

/// Σ weight · value in float64: turns a matrix into one number, whose gradient for the matrix is the weight.
func weighted(_ value: Matrix, by weight: Matrix) -> Double {
    zip(value.values, weight.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}
