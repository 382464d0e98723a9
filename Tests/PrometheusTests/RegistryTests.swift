import Metrics
import Prometheus
import Testing

@Suite("A registry") struct RegistryTests {
    let registry = PrometheusRegistry()

    @Test func `forgets a destroyed series and frees its name with the last one`() {
        let kept = Counter(label: "x", dimensions: [("n", "1")], factory: registry)
        let gone = Counter(label: "x", dimensions: [("n", "2")], factory: registry)
        kept.increment()
        gone.increment()
        gone.destroy()
        gone.increment()
        #expect(registry.render() == "# TYPE x counter\nx{n=\"1\"} 1\n")
        kept.destroy()
        #expect(registry.render() == "")
        Gauge(label: "x", factory: registry).record(4)
        #expect(registry.render() == "# TYPE x gauge\nx 4\n")
    }

    @Test func `destroys every kind`() {
        let counter = FloatingPointCounter(label: "a", factory: registry)
        let meter = Meter(label: "b", factory: registry)
        let recorder = Recorder(label: "c", factory: registry)
        let timer = Timer(label: "d", factory: registry)
        let gauge = Gauge(label: "e", factory: registry)
        #expect(registry.render().split(separator: "\n").count { $0.hasPrefix("# TYPE") } == 5)
        counter.destroy()
        meter.destroy()
        recorder.destroy()
        timer.destroy()
        gauge.destroy()
        #expect(registry.render() == "")
    }

    @Test func `starts a series anew after its end, and a second end of the old one does not touch it`() {
        let old = Counter(label: "x", factory: registry)
        old.increment(by: 5)
        old.destroy()
        Counter(label: "x", factory: registry).increment()
        old.destroy()
        #expect(registry.render() == "# TYPE x counter\nx 1\n")
    }

    @Test func `shows the first kind of a name and tells of the others`() throws {
        Counter(label: "x.y", factory: registry).increment()
        let second = Gauge(label: "x_y", factory: registry)
        second.record(9)
        second.destroy()
        Timer(label: "x_y", factory: registry).recordSeconds(1)
        let text = registry.render()
        #expect(
            text == """
                # TYPE x_y counter
                x_y 1
                # CONFLICT x_y is asked for as a gauge, but x_y is a counter: the gauge is not shown
                # CONFLICT x_y is asked for as a timer, but x_y is a counter: the timer is not shown

                """)
        #expect(try ExpositionParser(text).comments.count == 2)
    }

    @Test func `keeps a timer apart from a recorder, whose unit is another`() throws {
        Timer(label: "x", factory: registry).recordSeconds(1)
        Recorder(label: "x", factory: registry).record(500)
        #expect(try ExpositionParser(registry.render()).value("x_sum") == 1)
    }

    @Test(arguments: ["x", "x_bucket", "x_sum", "x_count"])
    func `does not mix a histogram's samples with other metrics`(name: String) throws {
        Timer(label: "x", factory: registry).recordSeconds(1)
        Counter(label: name, factory: registry).increment()
        #expect(try ExpositionParser(registry.render()).comments.count == 1)

        let reversed = PrometheusRegistry()
        Counter(label: name, factory: reversed).increment()
        Timer(label: "x", factory: reversed).recordSeconds(1)
        #expect(
            reversed.render() == """
                # TYPE \(name) counter
                \(name) 1
                # CONFLICT x is asked for as a timer, but \(name) is a counter: the timer is not shown

                """)
    }

    @Test func `holds no more series of a name than it may`() {
        let registry = PrometheusRegistry(seriesLimit: 2)
        for number in 0..<5 { Counter(label: "x", dimensions: [("n", "\(number % 4)")], factory: registry).increment() }
        #expect(
            registry.render() == """
                # TYPE x counter
                x{n="0"} 2
                x{n="1"} 1
                # LIMIT x has 2 series; 2 requests for more are not shown

                """)
    }

    @Test func `loses no update of many threads`() async throws {
        let registry = registry
        await withTaskGroup { group in
            for _ in 0..<16 {
                group.addTask {
                    let counter = Counter(label: "whole", factory: registry)
                    let fractional = FloatingPointCounter(label: "fractional", factory: registry)
                    let meter = Meter(label: "meter", factory: registry)
                    let timer = Timer(label: "timer", factory: registry)
                    for step in 0..<2000 {
                        counter.increment()
                        fractional.increment(by: 0.5)
                        if step.isMultiple(of: 2) { meter.increment(by: 2.0) } else { meter.decrement(by: 1.0) }
                        timer.recordMilliseconds(step.isMultiple(of: 2) ? 500 : 1000)
                    }
                }
            }
            group.addTask { for _ in 0..<50 { _ = registry.render() } }
        }
        let parsed = try ExpositionParser(registry.render())
        #expect(parsed.value("whole") == 32_000)
        #expect(parsed.value("fractional") == 16_000)
        #expect(parsed.value("meter") == 16_000)
        #expect(parsed.value("timer_count") == 32_000)
        #expect(parsed.value("timer_sum") == 24_000)
        #expect(parsed.value("timer_bucket", ["le": "0.5"]) == 16_000)
    }

    @Test func `stays consistent while series come and go on many threads`() async throws {
        let registry = registry
        let broken = await withTaskGroup(of: [String].self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var broken: [String] = []
                    for round in 0..<100 {
                        let timer = Timer(label: "t\(round % 5)", dimensions: [("w", "\(worker % 3)")], factory: registry)
                        timer.recordMilliseconds(round)
                        do { _ = try ExpositionParser(registry.render()) } catch { broken.append("\(error)") }
                        timer.destroy()
                    }
                    return broken
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(broken == [])
        #expect(registry.render() == "")
    }

    @Test func `prints what a reader of the format accepts, whatever the names`() throws {
        let alphabet = Array("ab_:.9é\"\\\n{}=, #🙂\r")
        var random = SplitMix(state: 20)
        func word() -> String {
            String((0..<Int.random(in: 0...6, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
        }
        for _ in 0..<300 {
            let label = word()
            let dimensions = (0..<Int.random(in: 0...4, using: &random)).map { _ in (word(), word()) }
            registry.setHelp(word(), for: label)
            let value = Int.random(in: -5...20_000, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: Counter(label: label, dimensions: dimensions, factory: registry).increment()
            case 1: Gauge(label: label, dimensions: dimensions, factory: registry).record(Double(value) / 7)
            case 2: Timer(label: label, dimensions: dimensions, factory: registry).recordMilliseconds(value)
            default: Recorder(label: label, dimensions: dimensions, factory: registry).record(value)
            }
        }
        let text = registry.render()
        #expect(throws: Never.self, "\(text)") { try ExpositionParser(text) }
    }
}

/// SplitMix64, so that every run draws the same names.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
