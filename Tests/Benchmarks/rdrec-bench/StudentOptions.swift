import ArgumentParser
import Foundation

/// What the student suite measures, and beside what; run.sh fills it in.
struct StudentOptions: ParsableArguments {
    @Option(help: "The file that Tests/Benchmarks/student/prepare.py writes.")
    var requests: String?

    @Option(help: "The Python that Tests/Benchmarks/student/install.sh prints; without it nothing is compared.")
    var python: String?

    func readRequests() throws -> StudentRequests {
        guard let requests else { throw ValidationError("the student suite needs --requests FILE; run.sh makes one") }
        return try JSONDecoder().decode(StudentRequests.self, from: Data(contentsOf: URL(fileURLWithPath: requests)))
    }
}

/// What both sides are given; Tests/Benchmarks/student/prepare.py says what each is.
struct StudentRequests: Decodable {
    struct Row: Decodable {
        let task: Int
        let prompt: [Int32]
        let target: [Int32]
    }

    struct Choice: Decodable {
        let prompt: [Int32]
        /// Places in `items`.
        let candidates: [Int]
    }

    let train: [[Row]]
    let seq: [[Int32]]
    let topn: [Choice]
    let items: [[Int32]]
}
