import Kernels
import LlamaModel
import ModelExercises

// The libFuzzer target for model files. In the package only with RDREC_FUZZ=1 (Tests/Fuzz/run.sh), since libFuzzer brings the `main`.

private let kernels = Result { try Kernels(team: ThreadTeam(threads: 1)) }

/// One input is one file. What is wrong with it must come out as an error that says so.
@_cdecl("LLVMFuzzerTestOneInput") public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let contents = UnsafeBufferPointer(start: data, count: count)
    do {
        let precision: WeightPrecision = count % 2 == 0 ? .asStored : .float32
        _ = try ModelExercise.run(contents, precision, kernels.get())
    } catch {
        preconditionFailure("not a ModelFileError: \(error)")
    }
    return 0
}
