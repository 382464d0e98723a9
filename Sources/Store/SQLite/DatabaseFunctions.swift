internal import GRDB
internal import Wire

/// Functions of ours that SQL calls.
enum DatabaseFunctions {
    /// `training_may_see(part)`: the one rule of splits, in SQL too.
    static let trainingMaySee = DatabaseFunction("training_may_see", argumentCount: 1, pure: true) { values in
        guard let part = Int32.fromDatabaseValue(values[0]) else { return false }
        return Split.trainingMaySee(SplitPart(rawValue: part))
    }
}
