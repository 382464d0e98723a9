// Names and texts as the exposition format wants them:
// https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels and
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details

/// A valid metric name, `[a-zA-Z_:][a-zA-Z0-9_:]*`: every other character becomes `_`, and a digit in front gets one before it.
func metricName(_ label: String) -> String {
    sanitised(label, allowsColon: true)
}

/// A valid label name, `[a-zA-Z_][a-zA-Z0-9_]*`, that does not start with `__`: Prometheus keeps those names for itself.
func labelName(_ name: String) -> String {
    let valid = sanitised(name, allowsColon: false)
    return valid.hasPrefix("__") ? "_" + valid.drop { $0 == "_" } : valid
}

private func sanitised(_ name: String, allowsColon: Bool) -> String {
    var result = ""
    for scalar in name.unicodeScalars {
        switch scalar {
        case "a"..."z", "A"..."Z", "_": result.unicodeScalars.append(scalar)
        case "0"..."9":
            if result.isEmpty { result = "_" }
            result.unicodeScalars.append(scalar)
        case ":" where allowsColon: result.unicodeScalars.append(scalar)
        default: result += "_"
        }
    }
    return result.isEmpty ? "_" : result
}

/// `name="value"` pairs joined by commas, sorted by name: equal for the same dimensions in any order.
///
/// Two dimensions whose names become the same keep both values: the later one is called `name_2`, and so on. On a histogram
/// `le` names the bucket, so a dimension of that name becomes `exported_le`, as Prometheus itself does with such names.
func labelText(_ dimensions: [(String, String)], isHistogram: Bool) -> String {
    var labels: [String: String] = [:]
    for (name, value) in dimensions {
        var base = labelName(name)
        if isHistogram && base == "le" { base = "exported_le" }
        var unique = base
        var number = 2
        while labels[unique] != nil {
            unique = base == "_" ? "_\(number)" : "\(base)_\(number)"
            number += 1
        }
        labels[unique] = value
    }
    return labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value, quote: true))\"" }.joined(separator: ",")
}

/// Backslash and line feed escaped, and in a label's value the quotation mark too.
func escaped(_ text: String, quote: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\"" where quote: result += "\\\""
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// A number as Go's ParseFloat reads it, exactly; whole numbers without a fraction.
func numberText(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    // Up to 2^53 every whole number is exact in both types.
    if value.magnitude <= 0x1p53, value == value.rounded(.towardZero) { return "\(Int64(value))" }
    return "\(value)"
}
