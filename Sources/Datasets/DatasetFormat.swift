/// The formats that a reader knows. What each takes their files in Formats/ say.
package enum DatasetFormat: Sendable, Hashable {
    /// Reviews or product metadata of 2014, 2018 or 2023, a JSON object or a Python literal a line.
    case amazon
    /// The reviews of 2014 as a table, `reviewerID,asin,reviewerName,helpful,reviewText,overall,summary,unixReviewTime,reviewTime`.
    case amazonCSV
    /// A folder with sequential.txt.
    case p5
    /// A .inter, a .item, or a folder with them.
    case recBole
    /// A table with a header, whose columns have these names.
    case csv(FieldNames, TimeUnit)
    /// A JSON object a line, whose members have these names.
    case jsonLines(FieldNames, TimeUnit)
}
