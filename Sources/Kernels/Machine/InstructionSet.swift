internal import CKernels

/// The instruction sets that rdrec has kernels for, widest first. The raw values are the names in `RDREC_ISA`, logs, metrics and
/// `ModelInfo.instruction_set`.
package enum InstructionSet: String, Sendable, CaseIterable {
    /// AMX's tiles of bfloat16, and all of `avx512_bf16`. Linux has to let the process use the tiles.
    case avx512AMX = "avx512_amx"
    /// AVX-512 F, BW, DQ, VL with byte (VNNI) and bfloat16 dot products.
    case avx512BF16 = "avx512_bf16"
    /// AVX-512 F, BW, DQ, VL with byte dot products (VNNI).
    case avx512VNNI = "avx512_vnni"
    /// AVX-512 F, BW, DQ, VL.
    case avx512
    /// AVX2, FMA and F16C.
    case avx2
    /// Plain C on any architecture: the slow twin of the others.
    case generic

    /// Whether it multiplies bfloat16 faster than float32: the sets before the first that does not, for they stand in that order.
    package var hasBFloat16: Bool { Self.allCases.prefix { $0 != .avx512VNNI }.contains(self) }

    /// The sets that this machine can run, widest first; never empty, for `generic` is always there.
    package static let supported: [InstructionSet] = allCases.filter {
        var table: UnsafePointer<ck_table>?
        return ck_select($0.rawValue, &table) == CK_OK
    }

    /// The operations of the set of that name, or of the widest of those that the machine has.
    static func select(name: String?, supported: [InstructionSet] = supported) throws(KernelsError) -> UnsafePointer<ck_table> {
        let set = name.map(InstructionSet.init(rawValue:)) ?? supported.first
        guard let set else {
            let known = allCases.map(\.rawValue).joined(separator: ", ")
            throw KernelsError("no instruction set is called '\(name ?? "")'; there are \(known)")
        }
        var table: UnsafePointer<ck_table>?
        guard supported.contains(set), ck_select(set.rawValue, &table) == CK_OK, let table else {
            throw KernelsError(
                "this machine does not support the instruction set '\(set.rawValue)'; it has "
                    + supported.map(\.rawValue).joined(separator: ", "))
        }
        return table
    }
}

/// What keeps the kernels from being set up: an instruction set or a thread team that cannot be had.
package struct KernelsError: Error, Sendable, CustomStringConvertible {
    /// What was wanted, why it cannot be had, and what can.
    package let description: String

    init(_ description: String) { self.description = description }
}
