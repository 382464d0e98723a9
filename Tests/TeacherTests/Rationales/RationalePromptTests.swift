import Foundation
import Teacher
import Testing

@Suite struct RationalePromptTests {
    private let least = #"{"version": "mine-1", "user": "Read: {review}"}"#

    @Test("A file gives what it says, and the built-in prompt the rest")
    func members() throws {
        let prompt = try RationalePrompt(json: least), standard = RationalePrompt.standard
        #expect(prompt.version == "mine-1" && prompt.user == "Read: {review}" && prompt.system == nil)
        #expect(prompt.preferenceOpening == standard.preferenceOpening && prompt.unrepeatedTokens == standard.unrepeatedTokens)
        let full = try RationalePrompt(
            json: """
                {"version": "b.2_x", "system": "Be brief.", "user": "Said \\"{review}\\".\\nWhy?", "preference_opening": "They like", \
                "attributes_opening": "It is", "preference_tokens": 4, "attributes_tokens": 256, "review_tokens": 16, \
                "unrepeated_tokens": 16, "quotation_marks": true}
                """)
        #expect(full.system == "Be brief." && full.preferenceOpening == "They like" && full.attributesOpening == "It is")
        #expect(full.preferenceTokens == 4 && full.attributesTokens == 256 && full.reviewTokens == 16)
        #expect(full.unrepeatedTokens == 16 && full.quotationMarks && !standard.quotationMarks)
        for rule in [0, 2] {
            let prompt = try RationalePrompt(json: #"{"version": "a", "user": "{review}", "unrepeated_tokens": \#(rule)}"#)
            #expect(prompt.unrepeatedTokens == rule && prompt.quotationMarks == standard.quotationMarks)
        }
    }

    @Test("The built-in prompt keeps its own rules, and its version is its own")
    func standard() throws {
        let standard = RationalePrompt.standard
        #expect(try RationalePrompt(version: standard.version, user: standard.user) == standard)
        #expect { _ = try RationalePrompt(json: "{\"version\": \"\(standard.version)\", \"user\": \"{review}\"}") } throws: {
            "\($0)".contains("another wording needs another")
        }
    }

    @Test(
        "What is wrong is named",
        arguments: [
            ("", "line 1, column 1"), ("[]", "no JSON object"), ("{}", "'version'"), (#"{"version": "a"}"#, "'user'"),
            (#"{"version": 1, "user": "{review}"}"#, "'version' is no string"), (#"{"version": "a b", "user": "{review}"}"#, "'version'"),
            (#"{"version": "", "user": "{review}"}"#, "'version'"), (#"{"version": "a", "user": "x"}"#, "0 times"),
            (#"{"version": "a", "user": "{review}\n{review}"}"#, "2 times"),
            (#"{"version": "a", "user": "({review})"}"#, "quotation marks"),
            (#"{"version": "a", "user": "'{review}' x"}"#, "quotation marks"),
            (#"{"version": "a", "user": "\"{review}' x"}"#, "quotation marks"),
            (#"{"version": "a", "user": "{review}\u0007"}"#, "control character"), (#"{"version": "a", "user": " "}"#, "'user' has text"),
            (#"{"version": "a", "user": "{review}", "system": "{review}"}"#, "goes into 'user'"),
            (#"{"version": "a", "user": "{review}", "preference_opening": "The user. He"}"#, "'preference_opening'"),
            (#"{"version": "a", "user": "{review}", "preference_opening": "The user "}"#, "'preference_opening'"),
            (#"{"version": "a", "user": "{review}", "attributes_opening": ""}"#, "'attributes_opening'"),
            (#"{"version": "a", "user": "{review}", "preference_tokens": 3}"#, "'preference_tokens' is 3; it is 4 to 256"),
            (#"{"version": "a", "user": "{review}", "attributes_tokens": 8.5}"#, "'attributes_tokens' is 8.5"),
            (#"{"version": "a", "user": "{review}", "review_tokens": "9"}"#, "'review_tokens' is no number"),
            (#"{"version": "a", "user": "{review}", "unrepeated_tokens": 1}"#, "'unrepeated_tokens' is 1; it is 0 or 2 to 16"),
            (#"{"version": "a", "user": "{review}", "unrepeated_tokens": 17}"#, "'unrepeated_tokens' is 17; it is 0 or 2 to 16"),
            (#"{"version": "a", "user": "{review}", "unrepeated_tokens": -1}"#, "'unrepeated_tokens' is -1"),
            (#"{"version": "a", "user": "{review}", "quotation_marks": 1}"#, "'quotation_marks' is neither true nor false"),
            (#"{"version": "a", "user": "{review}", "temprature": 1}"#, "'temprature' is none of its keys"),
        ])
    func faults(_ json: String, _ message: String) {
        #expect { _ = try RationalePrompt(json: json) } throws: { "\($0)".contains(message) }
    }

    @Test("A file that cannot be read is named")
    func file() throws {
        #expect { _ = try RationalePrompt(file: "/nowhere/prompt.json") } throws: {
            "\($0)".contains("/nowhere/prompt.json cannot be read")
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("prompt.json").path
        try Data(least.utf8).write(to: URL(fileURLWithPath: path))
        #expect(try RationalePrompt(file: path) == RationalePrompt(json: least))
        try Data([0xFF]).write(to: URL(fileURLWithPath: path))
        #expect { _ = try RationalePrompt(file: path) } throws: { "\($0)".contains("\(path) is not UTF-8") }
    }
}
