import Reflection
import Testing

@Suite("JSON that is taken") struct AcceptedJSONTests {
    static let every = "rdrec.test.v1.EveryType"

    @Test(arguments: [
        // Both names of a field, any order, white space, null.
        (#"{"int32Value": 1}"#, "10 01"),
        (#"{"int32_value": 1}"#, "10 01"),
        (" \t\r\n{ \"text\" : \"b\" , \"flag\" : true }\n", "08 01 72 01 62"),
        (#"{"flag": null, "inner": null, "counts": null, "word": null, "number": 1}"#, "d8 01 01"),
        // Whole numbers in every spelling.
        (#"{"int32Value": "12"}"#, "10 0c"),
        (#"{"int32Value": 12.0}"#, "10 0c"),
        (#"{"int32Value": 1.2e1}"#, "10 0c"),
        (#"{"int32Value": 1200E-2}"#, "10 0c"),
        (#"{"int32Value": -0}"#, ""),
        (#"{"int32Value": 0e99999999999999999999}"#, ""),
        (#"{"int32Value": -2147483648}"#, "10 80 80 80 80 f8 ff ff ff ff 01"),
        (#"{"uint64Value": 18446744073709551615}"#, "28 ff ff ff ff ff ff ff ff ff 01"),
        (#"{"uint64Value": "18446744073709551615"}"#, "28 ff ff ff ff ff ff ff ff ff 01"),
        (#"{"int64Value": -9223372036854775808}"#, "18 80 80 80 80 80 80 80 80 80 01"),
        (#"{"int64Value": 9007199254740993}"#, "18 81 80 80 80 80 80 80 10"),
        (#"{"fixed64Value": 9.007199254740993e15}"#, "49 01 00 00 00 00 00 20 00"),
        // Numbers with a fraction; the words for what is not finite; zero with a sign is not the default.
        (#"{"floatValue": 3.4028235e38}"#, "65 ff ff 7f 7f"),
        (#"{"floatValue": "1e-45"}"#, "65 01 00 00 00"),
        (#"{"doubleValue": "NaN", "floatValue": "-Infinity"}"#, "65 00 00 80 ff 69 00 00 00 00 00 00 f8 7f"),
        (#"{"doubleValue": 1e-400}"#, ""),
        (#"{"doubleValue": -0.0, "floatValue": 0.0}"#, "69 00 00 00 00 00 00 00 80"),
        // Bytes in both alphabets, padded or not.
        (#"{"data": "+/8="}"#, "7a 02 fb ff"),
        (#"{"data": "-_8"}"#, "7a 02 fb ff"),
        (#"{"data": "QQ=="}"#, "7a 01 41"),
        (#"{"data": ""}"#, ""),
        // Enums by name and number; numbers without a name are kept.
        (#"{"colour": "COLOUR_NEGATIVE"}"#, "80 01 ff ff ff ff ff ff ff ff ff 01"),
        (#"{"colours": [1, "COLOUR_RED", 77, 0]}"#, "b2 01 04 01 01 4d 00"),
        // Presence: an empty message, a oneof's default, an empty array.
        (#"{"inner": {}}"#, "8a 01 00"),
        (#"{"yes": false}"#, "f0 01 00"),
        (#"{"counts": [], "inners": [{}]}"#, "ba 01 00"),
        // Escapes.
        (#"{"text": "\"\\\/\b\f\n\r\tA\u00e9\ud83d\ude42"}"#, "72 0f 22 5c 2f 08 0c 0a 0d 09 41 c3 a9 f0 9f 99 82"),
        (#"{"t\u0065xt": "a"}"#, "72 01 61"),
    ])
    func `is encoded`(json: String, expected: String) throws {
        #expect(hexadecimal(try Fixtures.own.encode(json: json, as: Self.every)) == hexadecimal(bytes(expected)))
    }

    @Test func `optional fields keep the default value`() throws {
        let json = #"{"count":0,"text":"","level":"LEVEL_LOW"}"#
        let encoded = try Fixtures.odd.encode(json: #"{"always": 0, "level": 0, "count": 0, "text": ""}"#, as: "extra.v1.Presence")
        #expect(hexadecimal(encoded) == "080012001800")
        #expect(try Fixtures.odd.json(encoded, as: "extra.v1.Presence") == json)
        #expect(try Fixtures.odd.json([], as: "extra.v1.Presence") == "{}")
    }

    @Test func `of two names of a number both are read and the first is written`() throws {
        let encoded = try Fixtures.odd.encode(json: #"{"level": "LEVEL_TOP"}"#, as: "extra.v1.Presence")
        #expect(try Fixtures.odd.json(encoded, as: "extra.v1.Presence") == #"{"level":"LEVEL_HIGH"}"#)
    }

    @Test func `google's Empty is a message like others`() throws {
        #expect(try Fixtures.odd.encode(json: "{}", as: "google.protobuf.Empty") == [])
        #expect(try Fixtures.odd.json([], as: "google.protobuf.Empty") == "{}")
    }

    @Test func `100 objects inside each other are taken and 101 are not`() throws {
        func tree(_ depth: Int) -> String {
            String(repeating: #"{"left":"#, count: depth - 1) + "{}" + String(repeating: "}", count: depth - 1)
        }
        let encoded = try Fixtures.odd.encode(json: tree(100), as: "extra.v1.Tree")
        #expect(try Fixtures.odd.json(encoded, as: "extra.v1.Tree") == tree(100))
        #expect(
            failure { () throws(ReflectionError) in try Fixtures.odd.encode(json: tree(101), as: "extra.v1.Tree") }
                == "line 1, column 801: more than 100 objects and arrays inside each other")
    }
}
