import ArgumentParser
import Foundation

/// What the teacher suite measures, and beside what; run.sh fills it in.
struct TeacherOptions: ParsableArguments {
    @Option(help: "The GGUF file.")
    var model: String?

    @Option(help: "The folder with llama.cpp that Tests/Benchmarks/llamacpp/build.sh prints; without it nothing is compared.")
    var llamacpp: String?

    @Option(help: "A JSON array of review texts to write rationales of.")
    var reviews = "Tests/Benchmarks/llamacpp/reviews.json"

    @Flag(help: .hidden)
    var probeLoad = false

    func requireModel() throws -> String {
        guard let model else { throw ValidationError("the teacher suite needs --model FILE; run.sh names the default one") }
        return model
    }

    func readReviews() throws -> [String] {
        let texts = try JSONDecoder().decode([String].self, from: Data(contentsOf: URL(fileURLWithPath: reviews)))
        guard !texts.isEmpty else { throw ValidationError("\(reviews) holds no reviews") }
        return texts
    }
}
