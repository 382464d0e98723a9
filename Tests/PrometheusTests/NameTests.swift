import Metrics
import Prometheus
import Testing

@Suite("Names and labels") struct NameTests {
    let registry = PrometheusRegistry()

    @Test(arguments: [
        ("rdrec.rpc.calls-total", "rdrec_rpc_calls_total"), ("a:b", "a:b"), ("9lives", "_9lives"), ("", "_"), ("größe", "gr__e"),
        ("a\nb {}", "a_b___"), ("__x", "__x"),
    ])
    func `a metric's name keeps what the format allows`(label: String, name: String) {
        Counter(label: label, factory: registry).increment()
        #expect(registry.render() == "# TYPE \(name) counter\n\(name) 1\n")
    }

    @Test(arguments: [
        ("a.b", "a_b"), ("a:b", "a_b"), ("1", "_1"), ("", "_"), ("__name__", "_name__"), ("___", "_"), ("é\"=", "_"),
    ])
    func `a label's name keeps what the format allows`(dimension: String, name: String) {
        Counter(label: "c", dimensions: [(dimension, "v")], factory: registry).increment()
        #expect(registry.render() == "# TYPE c counter\nc{\(name)=\"v\"} 1\n")
    }

    @Test func `values and help texts are escaped`() throws {
        let value = "back\\slash \"quoted\"\nnext, {line} = é 🙂 \r\n\t\0"
        registry.setHelp("A \\ and a \"quote\"\nand a line.", for: "c")
        Counter(label: "c", dimensions: [("k", value)], factory: registry).increment()
        let text = registry.render()
        #expect(text.hasPrefix("# HELP c A \\\\ and a \"quote\"\\nand a line.\n# TYPE c counter\n"))
        #expect(text.contains("c{k=\"back\\\\slash \\\"quoted\\\"\\nnext, {line} = é"))
        let parsed = try ExpositionParser(text)
        #expect(parsed.helps["c"] == "A \\ and a \"quote\"\nand a line.")
        #expect(parsed.value("c", ["k": value]) == 1)
    }

    @Test func `dimensions in any order are the same series`() {
        Counter(label: "c", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
        Counter(label: "c", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        #expect(registry.render() == "# TYPE c counter\nc{a=\"1\",b=\"2\"} 2\n")
    }

    @Test func `dimensions whose names become equal keep their values`() {
        Counter(label: "c", dimensions: [("a.b", "1"), ("a-b", "2"), ("a_b", "3")], factory: registry).increment()
        #expect(registry.render() == "# TYPE c counter\nc{a_b=\"1\",a_b_2=\"2\",a_b_3=\"3\"} 1\n")
        Counter(label: "d", dimensions: [(".", "1"), ("-", "2")], factory: registry).increment()
        #expect(registry.render().hasSuffix("d{_=\"1\",_2=\"2\"} 1\n"))
    }

    @Test func `a dimension called le does not pass for a bucket`() throws {
        Timer(label: "t", dimensions: [("le", "mine")], factory: registry).recordSeconds(1)
        Counter(label: "c", dimensions: [("le", "mine")], factory: registry).increment()
        let parsed = try ExpositionParser(registry.render())
        #expect(parsed.value("t_count", ["exported_le": "mine"]) == 1)
        #expect(parsed.value("c", ["le": "mine"]) == 1)
    }
}
