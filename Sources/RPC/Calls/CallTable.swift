/// Open calls by their number: a hash table with linear probing for keys that one side chooses in rising order. Swift's own dictionary
/// hashes with a keyed function against hostile keys, which here would only slow down whoever chose them: a table belongs to one
/// connection and holds at most `max_calls_in_flight`.
package struct CallTable<Record: AnyObject> {
    /// 0, which is no call, marks a free place.
    private var keys: [UInt64]
    private var records: [Record?]
    /// Calls in the table.
    package private(set) var count = 0
    private var mask: Int

    package init() {
        keys = [UInt64](repeating: 0, count: 16)
        records = [Record?](repeating: nil, count: 16)
        mask = 15
    }

    package var isEmpty: Bool { count == 0 }

    /// A copy, to be walked while the table changes.
    package var values: [Record] { records.compactMap { $0 } }

    private func home(_ key: UInt64) -> Int { Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask }

    /// nil for a call that is not there.
    package subscript(key: UInt64) -> Record? {
        guard key != 0 else { return nil }
        var index = home(key)
        while keys[index] != 0 {
            if keys[index] == key { return records[index] }
            index = (index + 1) & mask
        }
        return nil
    }

    /// `key` is not 0 and not in the table.
    package mutating func insert(_ record: Record, for key: UInt64) {
        precondition(key != 0, "0 is no call")
        if (count + 1) * 2 > keys.count { grow() }
        place(record, key)
        count += 1
    }

    private mutating func place(_ record: Record, _ key: UInt64) {
        var index = home(key)
        while keys[index] != 0 { index = (index + 1) & mask }
        keys[index] = key
        records[index] = record
    }

    private mutating func grow() {
        let (oldKeys, oldRecords) = (keys, records)
        keys = [UInt64](repeating: 0, count: oldKeys.count * 2)
        records = [Record?](repeating: nil, count: oldKeys.count * 2)
        mask = keys.count - 1
        for (key, record) in zip(oldKeys, oldRecords) {
            if let record { place(record, key) }
        }
    }

    /// Nothing happens if it is not there.
    package mutating func remove(_ key: UInt64) {
        guard key != 0 else { return }
        var index = home(key)
        while keys[index] != key {
            if keys[index] == 0 { return }
            index = (index + 1) & mask
        }
        count -= 1
        // Close the gap, so that a search never stops before what it looks for (Knuth, 6.4, algorithm R).
        var gap = index
        while true {
            keys[gap] = 0
            records[gap] = nil
            while true {
                index = (index + 1) & mask
                if keys[index] == 0 { return }
                let wanted = home(keys[index])
                let reachable = gap <= index ? gap < wanted && wanted <= index : gap < wanted || wanted <= index
                if !reachable { break }
            }
            keys[gap] = keys[index]
            records[gap] = records[index]
            gap = index
        }
    }
}
