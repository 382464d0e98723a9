import Testing
import rdrec

@Suite struct FiguresTests {
    @Test func `Thousands are set apart`() {
        #expect(
            [0, 12, 999, 1_000, 12_345, 1_234_567, -1_234].map(thousands) == ["0", "12", "999", "1,000", "12,345", "1,234,567", "-1,234"])
        #expect(thousands(UInt64.max) == "18,446,744,073,709,551,615")
    }

    @Test func `Decimals have their places, and a sign`() {
        #expect([0, 1.25, 12.345, 0.996].map { decimal($0, 2) } == ["0.00", "1.25", "12.35", "1.00"])
        #expect([-0.5, -12.345, -0.001].map { decimal($0, 2) } == ["-0.50", "-12.35", "0.00"] && decimal(-7.4, 0) == "-7")
        #expect([nil, .nan, .infinity].map { decimal($0, 2) } == ["-", "-", "-"] && decimal(1e30, 2) == "1e+30")
    }

    @Test func `Texts are broken between words, and long words anywhere`() {
        #expect(wrapped("one two three four", width: 13, indent: 2) == ["  one two", "  three four"])
        #expect(wrapped("abcdefghijklm no", width: 10) == ["abcdefghij", "klm no"])
        #expect(wrapped("a  b", width: nil, indent: 1) == [" a  b"] && wrapped("", width: nil).isEmpty && wrapped(" ", width: 20).isEmpty)
        #expect(cut("strings", to: 7) == "strings" && cut("strings", to: 6) == "strin…" && cut("ab", to: 0) == "…")
    }

    @Test func `A curve is a line of blocks`() {
        #expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], columns: 8) == "▁▂▃▄▅▆▇█")
        #expect(sparkline([0, 0, 7, 7], columns: 2) == "▁█" && sparkline([3, 3], columns: 5) == "▁▁" && sparkline([], columns: 5).isEmpty)
        #expect(sparkline([1, .nan, 2], columns: 9) == "▁█" && sparkline([1, 2], columns: 0).isEmpty)
        #expect(sparkline([-.greatestFiniteMagnitude, .greatestFiniteMagnitude], columns: 2) == "▁█")
    }

    @Test func `Bytes are told in the unit that fits`() {
        #expect(byteCount(0) == "0 bytes" && byteCount(1_023) == "1023 bytes" && byteCount(1_024) == "1.0 KiB")
        #expect(byteCount(1_536) == "1.5 KiB" && byteCount((1 << 20) - 1) == "1.0 MiB" && byteCount(5 << 40) == "5.0 TiB")
        #expect(byteCount(5_000 << 40) == "5000.0 TiB")
    }

    @Test func `Moments are read as they are written`() {
        let known: [(Int64, String)] = [
            (1_000, "1970-01-01 00:00:01"), (951_782_400_000, "2000-02-29 00:00:00"), (1_709_209_859_000, "2024-02-29 12:30:59"),
            (-1_000, "1969-12-31 23:59:59"), (4_107_542_400_000, "2100-03-01 00:00:00"), (-11_676_096_000_000, "1600-01-01 00:00:00"),
        ]
        for (milliseconds, text) in known {
            #expect(Moment.text(milliseconds) == text)
            #expect(Moment.milliseconds(text) == milliseconds && Moment.milliseconds(text.replacing(" ", with: "T") + "Z") == milliseconds)
        }
        for day in stride(from: -200_000, through: 200_000, by: 97) {
            let milliseconds = Int64(day) * 86_400_000 + 1_000
            if milliseconds > -62_135_596_800_000 { #expect(Moment.milliseconds(Moment.text(milliseconds)) == milliseconds) }
        }
        #expect(Moment.text(0) == "-" && Moment.milliseconds("2024-02-29") == 1_709_164_800_000 && Moment.milliseconds("77") == 77)
        for wrong in [
            "", "2023-02-29", "2024-13-01", "2024-00-01", "2024-1-01", "2024-02-29T", "2024-02-29T24:00:00", "2024-02-29 1:00:00",
        ] {
            #expect(Moment.milliseconds(wrong) == nil, "\(wrong)")
        }
    }

    @Test func `Columns are aligned`() {
        #expect(aligned([["a", "1", "x"], ["bcd", "234"]], right: [1]) == ["a      1  x", "bcd  234"])
        #expect(aligned([]).isEmpty)
    }

    @Test func `A gauge counts in bytes too, and believes who knows better`() {
        let gauge = Gauge(done: 3 << 20, total: 6 << 20, rate: 1_048_576, unit: .bytes)
        #expect(gauge.text == "3.0 MiB of 6.0 MiB, 1.0 MiB/s, 0:03 left")
        #expect(gauge.bar(width: 63) == "[##########..........] " + gauge.text)
        #expect(Gauge(done: 1, total: 9, rate: 2, remaining: 75).text == "1 of 9, 2.0/s, 1:15 left")
        #expect(Gauge(done: 1, total: 9, rate: nil, remaining: 75).text == "1 of 9")
    }
}
