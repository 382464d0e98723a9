// swift-tools-version: 6.2
import PackageDescription

// The layers of the product, lowest first. A target imports only targets of lower layers, and each C module is imported by one
// Swift target alone; Deploy/checks/layers.py holds the sources against this.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]
/// For the modules of the hot path: Swift's run-time checks of exclusive access take a tenth of a call there. Debug builds, and so the
/// tests, keep them.
let hot = strict + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]
let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")

func library(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil, settings: [SwiftSetting] = strict) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func executable(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let package = Package(
    name: "rdrec",
    products: [
        .executable(name: "rdrec", targets: ["rdrec"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Layer 0: C.
        .systemLibrary(name: "CProtobufC", providers: [.apt(["libprotobuf-c-dev"])]),
        .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        // Optimised in debug too: the tests push a million frames through the pre-scan.
        .target(
            name: "CProtos", dependencies: ["CProtobufC"], cSettings: strictC + [.unsafeFlags(["-O2"], .when(configuration: .debug))]),
        .target(name: "CSystem", cSettings: strictC),

        library("Locks", []),

        // Layer 1: values.
        library("Wire", ["CProtos", "CProtobufC"], settings: hot),
        library("Prometheus", ["Locks", metrics]),

        // Layer 2: sockets; schemas read at run time.
        library("Transport", ["CZeroMQ", "CSystem", "Locks", "Wire", deque, log, metrics, coreMetrics], settings: hot),
        library("Reflection", []),

        // Layer 3: calls.
        library("RPC", ["Locks", "Transport", "Wire", deque, log, metrics, coreMetrics, lifecycle, signals], settings: hot),

        // Layer 5: programs.
        executable("rdrec", ["RPC", "Transport", "Wire", "Reflection", arguments, signals, log]),

        // The Echo service of the tests: its messages and stubs, and a server of it.
        .target(name: "CEchoProtos", dependencies: ["CProtobufC"], path: "Tests/Support/CEchoProtos", cSettings: strictC),
        library("EchoProtos", ["CEchoProtos", "Wire", "RPC"], path: "Tests/Support/EchoProtos"),
        executable(
            "echo-server", ["EchoProtos", "RPC", "Transport", "Wire", "Prometheus", arguments, lifecycle, signals, log, metrics],
            path: "Tests/Support/echo-server"),
        executable("wire-mirror", ["EchoProtos", "Wire"], path: "Tests/Interop/wire-mirror"),
        executable("echo-load", ["EchoProtos", "RPC", "Transport", "Wire", arguments, log], path: "Tests/Support/echo-load"),

        // Speed, beside plain libzmq.
        .target(name: "CPingPong", dependencies: ["CZeroMQ"], path: "Tests/Benchmarks/CPingPong", cSettings: strictC),
        executable(
            "rdrec-bench", ["CPingPong", "EchoProtos", "RPC", "Transport", "Wire", arguments, log], path: "Tests/Benchmarks/rdrec-bench"),

        library("FrameScripts", ["RPC", "Transport", "Wire"], path: "Tests/Support/FrameScripts"),

        tests("WireTests", ["Wire", "EchoProtos"]),
        tests("PrometheusTests", ["Prometheus", metrics]),
        tests("ReflectionTests", ["Reflection"], resources: [.copy("Fixtures")]),
        tests("TransportTests", ["Locks", "Transport", "Wire", "CZeroMQ", log]),
        tests("RPCTests", ["FrameScripts", "RPC", "Locks", "Transport", "Wire", "EchoProtos", "Prometheus", metrics, lifecycle, log]),
        tests("CommandLineTests", ["RPC", "Transport", "Wire", "EchoProtos", "echo-server", "rdrec", log]),
        tests("ProcessTests", ["RPC", "Transport", "Wire", "EchoProtos", "echo-server", "echo-load", "rdrec", log]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)

// libFuzzer brings its own `main`, so the target is there only on request: Tests/Fuzz/run.sh.
if Context.environment["RDREC_FUZZ"] != nil {
    package.targets.append(executable("fuzz-wire", ["EchoProtos", "Wire"], path: "Tests/Fuzz/fuzz-wire"))
    package.targets.append(executable("fuzz-frames", ["FrameScripts"], path: "Tests/Fuzz/fuzz-frames"))
}
