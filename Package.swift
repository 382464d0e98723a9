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
let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")

func library(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
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
        .target(name: "CProtos", dependencies: ["CProtobufC"], cSettings: strictC),
        .target(name: "CSystem", cSettings: strictC),

        // Layer 1: values.
        library("Wire", ["CProtos", "CProtobufC"]),
        library("Prometheus", [metrics]),

        // Layer 2: sockets; schemas read at run time.
        library("Transport", ["CZeroMQ", "CSystem", "Wire", deque, log, metrics]),
        library("Reflection", []),

        // Layer 3: calls.
        library("RPC", ["Transport", "Wire", deque, log, metrics, lifecycle]),

        // Layer 5: programs.
        executable("rdrec", ["RPC", "Transport", "Wire", "Reflection", arguments, log]),

        // The Echo service of the tests: its messages and stubs, and a server of it.
        .target(name: "CEchoProtos", dependencies: ["CProtobufC"], path: "Tests/Support/CEchoProtos", cSettings: strictC),
        library("EchoProtos", ["CEchoProtos", "Wire", "RPC"], path: "Tests/Support/EchoProtos"),
        executable(
            "echo-server", ["EchoProtos", "RPC", "Transport", "Wire", "Prometheus", arguments, lifecycle, signals, log, metrics],
            path: "Tests/Support/echo-server"),

        tests("WireTests", ["Wire", "EchoProtos"]),
        tests("PrometheusTests", ["Prometheus", metrics]),
        tests("ReflectionTests", ["Reflection", "Wire", "EchoProtos"]),
        tests("TransportTests", ["Transport", "Wire"]),
        tests("RPCTests", ["RPC", "Transport", "Wire", "EchoProtos", "Prometheus", metrics, lifecycle, log]),
        tests("ProcessTests", ["RPC", "Transport", "Wire", "EchoProtos", "echo-server", "rdrec"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)
