/// How versions and the folders of those in the making are called.
enum VersionName {
    /// "0007"; from 10,000 on longer.
    static func text(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// Nil for what is no version's name.
    static func number(_ text: String) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), number > 0, self.text(number) == text else {
            return nil
        }
        return number
    }

    /// Of a version while its job fills it: ".0007.training-3".
    static func temporary(_ version: String, job: String) -> String { ".\(version).\(job)" }

    /// Nil for what is no such folder.
    static func parts(temporary name: String) -> (number: Int, job: String)? {
        let parts = name.split(separator: ".", maxSplits: 1)
        guard name.hasPrefix("."), parts.count == 2, let number = number(String(parts[0])) else { return nil }
        return (number, String(parts[1]))
    }

    /// Of a version that is about to go.
    static func pruned(_ version: String) -> String { ".pruned-\(version)" }
    static func isPruned(_ name: String) -> Bool { name.hasPrefix(".pruned-") }
}
