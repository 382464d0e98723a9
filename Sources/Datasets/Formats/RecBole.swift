internal import Wire

/// RecBole's atomic files (https://recbole.io/docs/user_guide/data/atomic_files.html): tables that tabs separate, whose header has
/// `name:type` in each cell. `.inter` has interactions, or reviews where there is a rating or a text; `.item` has items. In a column of
/// the type `token_seq` a space stands between words, and between categories.
enum RecBole {
    private static let table = FieldTable([
        .init(.user, "user_id"), .init(.item, "item_id"), .init(.rating, "rating"), .init(.time, "timestamp"),
        .init(.text, "review_text"), .init(.text, "review"), .init(.text, "text"), .init(.summary, "summary"),
        .init(.title, "title"), .init(.title, "movie_title"), .init(.title, "item_name"), .init(.title, "name"),
        .init(.categories, "categories"), .init(.categories, "category"), .init(.categories, "class"), .init(.categories, "genre"),
        .init(.description, "description"),
    ])

    /// - Parameter path: A `.inter`, a `.item`, or a folder with either or both, one of each: items come first.
    static func sources(_ path: String) throws(DatasetError) -> [any RecordSource] {
        guard let names = folderNames(path) else { return [try source(path)] }
        var sources: [any RecordSource] = []
        for suffix in [".item", ".inter"] {
            let fitting = names.filter { $0.hasSuffix(suffix) }
            guard fitting.count <= 1 else {
                let list = fitting.joined(separator: ", ")
                throw DatasetError(.unfit, "\(path) has more than one file \(suffix), \(list): give one file's path")
            }
            if let name = fitting.first { sources.append(try source("\(path)/\(name)")) }
        }
        guard !sources.isEmpty else { throw DatasetError(.unfit, "\(path) has neither a .inter nor a .item in it") }
        return sources
    }

    private static func source(_ path: String) throws(DatasetError) -> any RecordSource {
        guard path.hasSuffix(".inter") || path.hasSuffix(".item") else {
            throw DatasetError(.unfit, "\(path) is no atomic file of RecBole: give a .inter, a .item, or a folder with them")
        }
        let file = try TableFile(path, .tab)
        let splitsCategories = file.columns.contains { column in
            table.index(of: Self.name(column)).map { table.entries[$0].role } == .categories && column.hasSuffix(":token_seq")
        }
        let required = path.hasSuffix(".inter") ? [["user_id"], ["item_id"]] : [["item_id"]]
        return try TableRecords(file, table, name: name, required: required) { fields throws(LineFault) in
            guard case .item(var item) = try fields.namedRecord(), splitsCategories else { return try fields.namedRecord() }
            item.categories = item.categories.flatMap { $0.split(separator: " ").map(String.init) }
            return .item(item)
        }
    }

    private static func name(_ column: String) -> String { column.split(separator: ":").first.map(String.init) ?? column }
}
