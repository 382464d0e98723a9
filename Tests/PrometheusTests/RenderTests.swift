import Metrics
import Prometheus
import Testing

@Suite("What is printed") struct RenderTests {
    let registry = PrometheusRegistry(timerBuckets: Buckets([0.1, 1]), recorderBuckets: Buckets([1, 4]))

    @Test func `nothing without metrics`() {
        registry.setHelp("Not there yet.", for: "later")
        #expect(registry.render() == "")
    }

    @Test func `a counter with its help`() {
        registry.setHelp("Calls that ended.", for: "calls_total")
        Counter(label: "calls_total", dimensions: [("status", "OK"), ("method", "/a.B/C")], factory: registry).increment(by: 3)
        Counter(label: "calls_total", factory: registry).increment(by: Int64.max)
        #expect(
            registry.render() == """
                # HELP calls_total Calls that ended.
                # TYPE calls_total counter
                calls_total 9223372036854775807
                calls_total{method="/a.B/C",status="OK"} 3

                """)
    }

    @Test func `whole and fractional counters of one name are one counter`() {
        Counter(label: "work", factory: registry).increment(by: 2)
        let fractional = FloatingPointCounter(label: "work", factory: registry)
        fractional.increment(by: 0.25)
        #expect(registry.render() == "# TYPE work counter\nwork 2.25\n")
        fractional.reset()
        #expect(registry.render() == "# TYPE work counter\nwork 0\n")
    }

    @Test func `a counter never falls`() {
        let whole = Counter(label: "c", factory: registry)
        let fractional = FloatingPointCounter(label: "c", factory: registry)
        whole.increment(by: 5)
        whole.increment(by: -3)
        for amount in [-1, -Double.infinity, .infinity, .nan] { fractional.increment(by: amount) }
        #expect(registry.render() == "# TYPE c counter\nc 5\n")
    }

    @Test func `gauges, meters and recorders that do not aggregate`() {
        Gauge(label: "gauge", factory: registry).record(-1.5)
        let meter = Meter(label: "meter", factory: registry)
        meter.set(10)
        meter.increment(by: 0.5)
        meter.decrement(by: 2.0)
        meter.increment(by: Double.nan)
        Recorder(label: "recorder", aggregate: false, factory: registry).record(7)
        #expect(
            registry.render() == """
                # TYPE gauge gauge
                gauge -1.5
                # TYPE meter gauge
                meter 8.5
                # TYPE recorder gauge
                recorder 7

                """)
    }

    @Test(arguments: [
        (Double.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (-0.0, "0"), (1e300, "1e+300"), (0.1, "0.1"), (1e-7, "1e-07"),
        (9_007_199_254_740_992, "9007199254740992"), (-3, "-3"),
    ])
    func `numbers as the format writes them`(value: Double, text: String) {
        Gauge(label: "g", factory: registry).record(value)
        #expect(registry.render() == "# TYPE g gauge\ng \(text)\n")
    }

    @Test func `a timer is a histogram in seconds with cumulative buckets`() {
        let timer = Timer(label: "wait_seconds", dimensions: [("queue", "bulk")], factory: registry)
        timer.recordNanoseconds(50_000_000)
        timer.recordMilliseconds(100)
        timer.recordMilliseconds(250)
        timer.recordSeconds(5)
        timer.recordNanoseconds(-1)
        #expect(
            registry.render() == """
                # TYPE wait_seconds histogram
                wait_seconds_bucket{queue="bulk",le="0.1"} 3
                wait_seconds_bucket{queue="bulk",le="1"} 4
                wait_seconds_bucket{queue="bulk",le="+Inf"} 5
                wait_seconds_sum{queue="bulk"} 5.4
                wait_seconds_count{queue="bulk"} 5

                """)
    }

    @Test func `an aggregating recorder is a histogram and ignores what is not finite`() {
        let recorder = Recorder(label: "batch", factory: registry)
        for value in [1, 1.5, 4, 4.5, .nan, .infinity, -.infinity] { recorder.record(value) }
        recorder.record(-2)
        #expect(
            registry.render() == """
                # TYPE batch histogram
                batch_bucket{le="1"} 2
                batch_bucket{le="4"} 4
                batch_bucket{le="+Inf"} 5
                batch_sum 9
                batch_count 5

                """)
    }

    @Test func `buckets can be chosen for a label, in any order and with repetitions`() {
        let registry = PrometheusRegistry(buckets: ["a.b": Buckets([2, 1, 2, .infinity, .nan, -0.0, 0])])
        Timer(label: "a.b", factory: registry).recordSeconds(2)
        #expect(
            registry.render() == """
                # TYPE a_b histogram
                a_b_bucket{le="0"} 0
                a_b_bucket{le="1"} 0
                a_b_bucket{le="2"} 1
                a_b_bucket{le="+Inf"} 1
                a_b_sum 2
                a_b_count 1

                """)
    }

    @Test func `the default buckets go from 100 µs to 10 s and from 1 to a million`() {
        #expect(Buckets.seconds.upperBounds.first == 0.0001)
        #expect(Buckets.seconds.upperBounds.last == 10)
        #expect(Buckets.sizes.upperBounds.last == 1_048_576)
        let registry = PrometheusRegistry()
        Timer(label: "t", factory: registry).recordMicroseconds(100)
        Recorder(label: "r", factory: registry).record(16)
        let lines = registry.render().split(separator: "\n")
        #expect(lines.contains("t_bucket{le=\"0.0001\"} 1"))
        #expect(lines.contains("r_bucket{le=\"4\"} 0"))
        #expect(lines.contains("r_bucket{le=\"16\"} 1"))
    }
}
