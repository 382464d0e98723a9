internal import CKernels
internal import Glibc

/// The numeric operations of one instruction set, run by one team of threads. The operations are extensions, a room each: `Products`,
/// `Rows`, `Elementwise`, `Attention`, `Optimizer`.
///
/// Nothing here throws once it is set up: a shape that does not fit is a fault of the program, and stops it with a message that names
/// the operation and the shapes. A value may be used from any thread; calls on one team wait for each other.
package struct Kernels: Sendable {
    /// The set whose kernels run.
    package let instructionSet: InstructionSet
    /// The threads that share out each operation.
    package let team: ThreadTeam
    /// What multiplies float32 matrices.
    package let float32Backend: Float32Backend

    // Tables of constant function pointers in the program's image.
    nonisolated(unsafe) let table: UnsafePointer<ck_table>
    nonisolated(unsafe) let float32Products: UnsafePointer<ck_product_ops>

    /// - Parameters:
    ///   - instructionSet: The set to use; the widest of the machine when nil.
    ///   - team: The threads.
    ///   - float32Backend: `.own` kernels, `.openBLAS`, or by the rule of ``Float32Backend`` when nil.
    package init(instructionSet: InstructionSet? = nil, team: ThreadTeam, float32Backend: Float32Backend? = nil) throws(KernelsError) {
        let table = try InstructionSet.select(name: instructionSet?.rawValue)
        guard let chosen = InstructionSet(rawValue: String(cString: table.pointee.name)) else {
            throw KernelsError("the kernels' set '\(String(cString: table.pointee.name))' has no case in InstructionSet")
        }
        self.table = table
        self.instructionSet = chosen
        self.team = team
        self.float32Backend = float32Backend ?? Float32Backend.best(for: chosen)
        switch self.float32Backend {
        case .own: float32Products = table.pointee.f32_products
        case .openBLAS: float32Products = ck_openblas_products()
        }
    }

    /// As `RDREC_ISA` says, or the widest set where it is not set. An unknown or unsupported name is an error, never another set.
    ///
    /// - Parameter supported: The sets of the machine; tests leave some away.
    package static func fromEnvironment(
        team: ThreadTeam, supported: [InstructionSet] = InstructionSet.supported
    ) throws(KernelsError) -> Kernels {
        guard let name = getenv("RDREC_ISA").map({ String(cString: $0) }), !name.isEmpty else { return try Kernels(team: team) }
        do {
            let table = try InstructionSet.select(name: name, supported: supported)
            return try Kernels(instructionSet: InstructionSet(rawValue: String(cString: table.pointee.name)), team: team)
        } catch {
            throw KernelsError("RDREC_ISA: \(error)")
        }
    }
}

/// What multiplies float32 matrices.
///
/// The rule: our own kernels where the instruction set has some (AVX2 and AVX-512), OpenBLAS elsewhere. OpenBLAS picks its kernels by a
/// list of processors that its release knows, and takes narrow ones for those it does not know (0.3.21: Zen 5 and later); ours go by
/// what the processor can do, and the benchmark `kernels` shows them ahead of OpenBLAS's on the processors it knows as well.
package enum Float32Backend: String, Sendable {
    case own
    case openBLAS = "openblas"

    static func best(for set: InstructionSet) -> Float32Backend { set == .generic ? .openBLAS : .own }

    /// The name of the kernels that OpenBLAS chose for this processor, such as `SkylakeX`.
    package static var openBLASCore: String { String(cString: ck_openblas_core()) }
}
