import Foundation
import Kernels

/// The instruction sets that a test goes through, and kernels of each.
enum SupportedSets {
    /// Every set of this machine, or the one that `RDREC_ISA` names.
    static let all: [InstructionSet] = {
        guard let name = ProcessInfo.processInfo.environment["RDREC_ISA"], !name.isEmpty else { return InstructionSet.supported }
        guard let set = InstructionSet(rawValue: name), InstructionSet.supported.contains(set) else {
            fatalError("RDREC_ISA: '\(name)' is not one of \(InstructionSet.supported.map(\.rawValue))")
        }
        return [set]
    }()

    /// Our own kernels of a set, on a team of two threads that all tests share.
    static func kernels(_ set: InstructionSet, float32Backend: Float32Backend = .own) -> Kernels {
        make(set, team: team, float32Backend)
    }

    /// The slow twin of every set.
    static let reference = make(.generic, team: team, .own)

    static func make(_ set: InstructionSet, team: ThreadTeam, _ backend: Float32Backend = .own) -> Kernels {
        do { return try Kernels(instructionSet: set, team: team, float32Backend: backend) } catch { fatalError("\(error)") }
    }

    /// A team of any size, which sleeps at once so that idle ones take no processor from the tests.
    static func team(_ threads: Int) -> ThreadTeam {
        do { return try ThreadTeam(threads: threads, spinning: .zero) } catch { fatalError("\(error)") }
    }

    private static let team = team(2)
}
