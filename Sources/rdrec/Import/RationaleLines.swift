import Datasets
import Wire

/// Rationales as `rdrec rationale --file` writes them.
struct RationaleLines: LineParser {
    private let json = OwnJSON()

    func record(of line: UnsafeRawBufferPointer) throws(LineFault) -> IngestRecord.Record {
        let rationale: Rationale
        do throws(CommandError) {
            rationale = try json.message(Rationale.self, from: Array(line), place: "the line")
        } catch {
            throw LineFault(error.message)
        }
        guard !rationale.reviewID.isEmpty else { throw LineFault("reviewId is empty: whose rationale is it?") }
        return .rationale(rationale)
    }
}
