internal import Foundation
internal import Reflection

extension RationalePrompt {
    private static let mostFileBytes = 65_536

    /// The prompt of a file: see `init(json:)`.
    /// - Throws: What is wrong, with the file's name.
    package init(file path: String) throws(RationaleError) {
        guard let data = FileManager.default.contents(atPath: path) else { throw RationaleError("the prompt \(path) cannot be read") }
        guard data.count <= Self.mostFileBytes, let text = String(data: data, encoding: .utf8) else {
            throw RationaleError("the prompt \(path) is not UTF-8 of at most \(Self.mostFileBytes) bytes")
        }
        do {
            try self.init(json: text)
        } catch {
            throw RationaleError("the prompt \(path): \(error)")
        }
    }

    /// The prompt that a JSON object describes: `version` and `user` must be there; what else is not, or null, is as in the standard one.
    package init(json text: String) throws(RationaleError) {
        let members = try PromptMembers(text), standard = Self.standard
        guard let version = try members.text("version") else { throw RationaleError("'version' is missing") }
        guard let user = try members.text("user") else { throw RationaleError("'user' is missing") }
        try self.init(
            version: version, system: members.text("system"), user: user,
            preferenceOpening: members.text("preference_opening") ?? standard.preferenceOpening,
            attributesOpening: members.text("attributes_opening") ?? standard.attributesOpening,
            preferenceTokens: members.count("preference_tokens") ?? standard.preferenceTokens,
            attributesTokens: members.count("attributes_tokens") ?? standard.attributesTokens,
            reviewTokens: members.count("review_tokens") ?? standard.reviewTokens,
            unrepeatedTokens: members.count("unrepeated_tokens") ?? standard.unrepeatedTokens,
            quotationMarks: members.truth("quotation_marks") ?? standard.quotationMarks)
        // Rationales of other words must not pass for the built-in prompt's.
        guard self == standard || version != standard.version else {
            throw RationaleError("'version' is \(version), the built-in prompt's: another wording needs another")
        }
    }
}

/// The keys of a prompt's file.
private struct PromptMembers {
    private static let keys = [
        "version", "system", "user", "preference_opening", "attributes_opening", "preference_tokens", "attributes_tokens", "review_tokens",
        "unrepeated_tokens", "quotation_marks",
    ]
    private var values: [String: JSONValue] = [:]

    init(_ json: String) throws(RationaleError) {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: json)
        } catch {
            throw RationaleError("\(error)")
        }
        guard case .object(let members) = value else { throw RationaleError("it is no JSON object") }
        for member in members {
            guard Self.keys.contains(member.key) else {
                throw RationaleError("'\(member.key)' is none of its keys, which are \(Self.keys.joined(separator: ", "))")
            }
            values[member.key] = member.value
        }
    }

    func text(_ key: String) throws(RationaleError) -> String? {
        switch values[key] {
        case nil, .null: return nil
        case .string(let text): return text
        default: throw RationaleError("'\(key)' is no string")
        }
    }

    func count(_ key: String) throws(RationaleError) -> Int? {
        switch values[key] {
        case nil, .null: return nil
        case .number(let digits):
            guard let value = Int(digits) else { throw RationaleError("'\(key)' is \(digits), which is no whole number") }
            return value
        default: throw RationaleError("'\(key)' is no number")
        }
    }

    func truth(_ key: String) throws(RationaleError) -> Bool? {
        switch values[key] {
        case nil, .null: return nil
        case .bool(let value): return value
        default: throw RationaleError("'\(key)' is neither true nor false")
        }
    }
}
