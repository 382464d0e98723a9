import Reflection
import Testing

@Suite("JSON that is refused") struct RefusedJSONTests {
    @Test(arguments: [
        ("", "line 1, column 1: expected a value, found the end of the text"),
        ("{", "line 1, column 2: expected a key or }, found the end of the text"),
        ("{\n  \"text\": \"é\" \"b\"", #"line 2, column 15: expected , or }, found "\"""#),
        (#"{"text": "a",}"#, #"line 1, column 14: expected a key, found "}""#),
        (#"{"counts": [1,]}"#, #"line 1, column 15: expected a value, found "]""#),
        (#"{"counts": [1 2]}"#, #"line 1, column 15: expected , or ], found "2""#),
        (#"{text: 1}"#, #"line 1, column 2: expected a key or }, found "t""#),
        (#"{"text" 1}"#, #"line 1, column 9: expected : after the key "text", found "1""#),
        (#"{} {}"#, #"line 1, column 4: expected the end of the text, found "{""#),
        (#"{"flag": True}"#, #"line 1, column 10: expected a value, found "T""#),
        (#"{"flag": NaN}"#, #"line 1, column 10: expected a value, found "N""#),
        (#"{"flag": 🙂}"#, #"line 1, column 10: expected a value, found "🙂""#),
        ("\u{FEFF}{}", "line 1, column 1: expected a value, found \"\u{FEFF}\""),
        (#"{"int32Value": 01}"#, #"line 1, column 16: "01" is not a number of JSON"#),
        (#"{"int32Value": 1.}"#, #"line 1, column 16: "1." is not a number of JSON"#),
        (#"{"int32Value": -}"#, #"line 1, column 16: "-" is not a number of JSON"#),
        (#"{"int32Value": 1e+}"#, #"line 1, column 16: "1e+" is not a number of JSON"#),
        (#"{"int32Value": +1}"#, #"line 1, column 16: expected a value, found "+""#),
        (#"{"int32Value": .5}"#, #"line 1, column 16: expected a value, found ".""#),
        (#"{"text": "a"#, "line 1, column 10: the string does not end"),
        ("{\"text\": \"a\nb\"}", #"line 1, column 12: a control character in a string must be written as \u000a"#),
        (#"{"text": "\x"}"#, #"line 1, column 11: \ must be followed by one of " \ / b f n r t u"#),
        (#"{"text": "\u12g4"}"#, #"line 1, column 11: \u must be followed by four hexadecimal digits"#),
        (#"{"text": "\u+123"}"#, #"line 1, column 11: \u must be followed by four hexadecimal digits"#),
        (#"{"text": "\ud83d"}"#, "line 1, column 11: half of a surrogate pair"),
        (#"{"text": "\ude42\ud83d"}"#, "line 1, column 11: half of a surrogate pair"),
        (#"{"text": "\ud83d\u0041"}"#, "line 1, column 11: half of a surrogate pair"),
        (#"{"text": "a", "text": "b"}"#, #"line 1, column 15: the key "text" comes twice"#),
        (#"{"inner": {"name": "a", "na\u006de": "b"}}"#, #"line 1, column 25: the key "name" comes twice"#),
    ])
    func `by its grammar, with line and column`(json: String, message: String) {
        let error = #expect(throws: ReflectionError.self) { try Fixtures.own.encode(json: json, as: "rdrec.test.v1.EveryType") }
        #expect(error?.description == message)
        #expect(error?.code == .malformedJSON)
    }

    @Test(arguments: [
        ("[]", "$: expected an object for rdrec.test.v1.EveryType, found an array"),
        ("null", "$: expected an object for rdrec.test.v1.EveryType, found null"),
        (#"{"txt": 1}"#, #"$: rdrec.test.v1.EveryType has no field "txt"; did you mean "text"?"#),
        (
            #"{"int32Valeu": 1}"#,
            #"$: rdrec.test.v1.EveryType has no field "int32Valeu"; did you mean "int32Value" or "sint32Value" or "uint32Value"?"#
        ),
        (
            #"{"Int32-Value": 1}"#,
            #"$: rdrec.test.v1.EveryType has no field "Int32-Value"; did you mean "int32Value" or "sint32Value" or "uint32Value"?"#
        ),
        (#"{"inner": {"zzz": 1}}"#, #"$.inner: rdrec.test.v1.EveryType.Inner has no field "zzz"; it has name, level"#),
        (#"{"text": 1}"#, "$.text: expected a string, found 1"),
        (#"{"text": ["a"]}"#, "$.text: expected a string, found an array"),
        (#"{"flag": "true"}"#, #"$.flag: expected true or false, found "true""#),
        (#"{"flag": 1}"#, "$.flag: expected true or false, found 1"),
        (#"{"uint32Value": "x"}"#, #"$.uint32Value: expected a whole number from 0 to 4294967295, found "x""#),
        (#"{"uint32_value": -1}"#, "$.uint32Value: expected a whole number from 0 to 4294967295, found -1"),
        (#"{"uint32Value": 1.5}"#, "$.uint32Value: expected a whole number from 0 to 4294967295, found 1.5"),
        (#"{"uint32Value": 4294967296}"#, "$.uint32Value: expected a whole number from 0 to 4294967295, found 4294967296"),
        (#"{"uint32Value": " 1"}"#, #"$.uint32Value: expected a whole number from 0 to 4294967295, found " 1""#),
        (#"{"uint32Value": ""}"#, #"$.uint32Value: expected a whole number from 0 to 4294967295, found """#),
        (#"{"uint32Value": {}}"#, "$.uint32Value: expected a whole number from 0 to 4294967295, found an object"),
        (
            #"{"int32Value": 1e999999999999999999999}"#,
            "$.int32Value: expected a whole number from -2147483648 to 2147483647, found 1e999999999999999999999"
        ),
        (
            #"{"int64Value": 9223372036854775808}"#,
            "$.int64Value: expected a whole number from -9223372036854775808 to 9223372036854775807, found 9223372036854775808"
        ),
        (
            #"{"uint64Value": "18446744073709551616"}"#,
            #"$.uint64Value: expected a whole number from 0 to 18446744073709551615, found "18446744073709551616""#
        ),
        (#"{"doubleValue": 1e309}"#, "$.doubleValue: expected a number of at most 1.7976931348623157e+308 either way, found 1e309"),
        (#"{"floatValue": -1e39}"#, "$.floatValue: expected a number of at most 3.4028235e+38 either way, found -1e39"),
        (#"{"doubleValue": "inf"}"#, #"$.doubleValue: expected a number, "NaN", "Infinity" or "-Infinity", found "inf""#),
        (#"{"doubleValue": "0x10"}"#, #"$.doubleValue: expected a number, "NaN", "Infinity" or "-Infinity", found "0x10""#),
        (#"{"doubleValue": true}"#, #"$.doubleValue: expected a number, "NaN", "Infinity" or "-Infinity", found true"#),
        (#"{"data": "a"}"#, #"$.data: expected a string of base64, found "a""#),
        (#"{"data": "QQ="}"#, #"$.data: expected a string of base64, found "QQ=""#),
        (#"{"data": "Q==="}"#, #"$.data: expected a string of base64, found "Q===""#),
        (#"{"data": "a b="}"#, #"$.data: expected a string of base64, found "a b=""#),
        (#"{"data": [1]}"#, "$.data: expected a string of base64, found an array"),
        (#"{"colour": "COLOUR_REED"}"#, #"$.colour: rdrec.test.v1.Colour has no value "COLOUR_REED"; did you mean "COLOUR_RED"?"#),
        (#"{"colour": "x"}"#, #"$.colour: rdrec.test.v1.Colour has no value "x"; it has COLOUR_UNSPECIFIED, COLOUR_RED, COLOUR_NEGATIVE"#),
        (
            #"{"colour": 2147483648}"#,
            "$.colour: expected a name of rdrec.test.v1.Colour, or a whole number from -2147483648 to 2147483647, found 2147483648"
        ),
        (#"{"colour": false}"#, "$.colour: expected a name of rdrec.test.v1.Colour, found false"),
        (#"{"counts": 1}"#, "$.counts: expected an array, found 1"),
        (#"{"counts": [1, null]}"#, "$.counts[1]: expected a whole number from 0 to 4294967295, found null"),
        (#"{"inners": [{}, {"level": "x"}]}"#, #"$.inners[1].level: expected a whole number from -2147483648 to 2147483647, found "x""#),
        (#"{"inner": []}"#, "$.inner: expected an object for rdrec.test.v1.EveryType.Inner, found an array"),
        (#"{"number": 1, "word": "a"}"#, #"$: "word" and "number" exclude each other: choice is one of them"#),
        (#"{"int32Value": 1, "int32_value": 1}"#, #"$: "int32_value" and "int32Value" are the same field"#),
    ])
    func `by its type, with the path`(json: String, message: String) {
        let error = #expect(throws: ReflectionError.self) { try Fixtures.own.encode(json: json, as: "rdrec.test.v1.EveryType") }
        #expect(error?.description == message)
        #expect(error?.code == .unfitJSON)
    }

    @Test func `long values and odd names are cut and quoted`() {
        let long = String(repeating: "9", count: 50)
        #expect(
            failure { () throws(ReflectionError) in try Fixtures.own.encode(json: "{\"flag\": \(long)}", as: "rdrec.test.v1.EveryType") }
                == "$.flag: expected true or false, found \(long.prefix(40))…")
        #expect(
            failure { () throws(ReflectionError) in try Fixtures.odd.encode(json: #"{"other name": "\u001b[0m"}"#, as: "extra.v1.Names") }
                == #"$["other name"]: expected a whole number from 0 to 4294967295, found "\u001b[0m""#)
        #expect(
            failure { () throws(ReflectionError) in try Fixtures.odd.encode(json: #"{"zzzzzz": 1}"#, as: "extra.v1.Names") }
                == #"$: extra.v1.Names has no field "zzzzzz"; it has "other name", LeadingDouble, with2Digits, UPPERCase"#)
        #expect(
            failure { () throws(ReflectionError) in try Fixtures.odd.encode(json: #"{"a": 1}"#, as: "google.protobuf.Empty") }
                == #"$: google.protobuf.Empty has no field "a"; it has none"#)
        #expect(
            failure { () throws(ReflectionError) in try Fixtures.own.encode(json: "{}", as: "rdrec.v1.Samplin") }
                == #"there is no message type rdrec.v1.Samplin; did you mean "rdrec.v1.Sampling"?"#)
    }

    @Test(arguments: [
        (#"{"counts": {}}"#, "$.counts: maps are not supported"),
        (#"{"when": "2024-01-01T00:00:00Z"}"#, "$.when: google.protobuf.Timestamp is not supported: it has a JSON form of its own"),
    ])
    func `by what is not supported`(json: String, message: String) {
        let error = #expect(throws: ReflectionError.self) { try Fixtures.odd.encode(json: json, as: "extra.v1.Unsupported") }
        #expect(error?.description == message)
        #expect(error?.code == .unsupported)
    }

    @Test func `but what is supported beside it is taken`() throws {
        let encoded = try Fixtures.odd.encode(json: #"{"plain": 1, "nothing": {}, "when": null}"#, as: "extra.v1.Unsupported")
        #expect(hexadecimal(encoded) == "1a002001")
    }
}
