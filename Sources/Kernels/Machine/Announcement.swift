package import Logging
internal import Metrics

extension Kernels {
    /// Tells the log and the metrics which kernels run: once, by the program that made them.
    package func announce(to logger: Logger) {
        logger.info(
            "kernels chosen",
            metadata: [
                "kernels.instruction_set": "\(instructionSet.rawValue)",
                "kernels.supported": "\(InstructionSet.supported.map(\.rawValue).joined(separator: " "))",
                "kernels.threads": "\(team.size)",
                "kernels.float32": "\(float32Backend.rawValue)",
                "kernels.openblas_core": "\(Float32Backend.openBLASCore)",
            ])
        Gauge(
            label: "rdrec_kernels_info",
            dimensions: [("instruction_set", instructionSet.rawValue), ("float32", float32Backend.rawValue)]
        ).record(1)
        Gauge(label: "rdrec_kernels_threads").record(team.size)
    }
}
