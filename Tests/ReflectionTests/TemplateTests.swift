import Reflection
import Testing

@Suite("A template") struct TemplateTests {
    @Test func `shows every field, and one member of a oneof`() throws {
        #expect(
            try Fixtures.own.template(of: "rdrec.v1.CompleteRequest") == """
                {
                  "prompt": "",
                  "sampling": {
                    "temperature": 0,
                    "topP": 0,
                    "topK": 0,
                    "seed": "0",
                    "maxTokens": 0
                  },
                  "stop": [
                    ""
                  ]
                }
                """)
    }

    @Test func `ends where a message is inside itself, and leaves out what is not supported`() throws {
        #expect(
            try Fixtures.odd.template(of: "extra.v1.Tree") == """
                {
                  "left": {},
                  "children": [
                    {}
                  ],
                  "name": ""
                }
                """)
        #expect(try Fixtures.odd.template(of: "extra.v1.Unsupported") == "{\n  \"nothing\": {},\n  \"plain\": 0\n}")
        #expect(
            failure { () throws(ReflectionError) in try Fixtures.odd.template(of: "google.protobuf.Timestamp") }
                == "google.protobuf.Timestamp is not supported: it has a JSON form of its own")
    }

    @Test func `of every request can be sent`() throws {
        for pool in [Fixtures.own, Fixtures.odd] {
            for method in pool.services.flatMap(\.methods) where method.inputType != "google.protobuf.Timestamp" {
                let template = try pool.template(of: method.inputType)
                #expect(throws: Never.self, "\(template)") { try pool.encode(json: template, as: method.inputType) }
            }
        }
    }
}
