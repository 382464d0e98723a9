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
let flyingFox = Target.Dependency.product(name: "FlyingFox", package: "FlyingFox")
let flyingSocks = Target.Dependency.product(name: "FlyingSocks", package: "FlyingFox")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")

func library(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil, settings: [SwiftSetting] = strict) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func executable(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [], settings: [SwiftSetting] = strict
) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let package = Package(
    name: "rdrec",
    products: [
        .executable(name: "rdrec", targets: ["rdrec"]),
        .executable(name: "studentd", targets: ["studentd"]),
        .executable(name: "teacherd", targets: ["teacherd"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Layer 0: C.
        .systemLibrary(name: "CProtobufC", providers: [.apt(["libprotobuf-c-dev"])]),
        .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        // Optimised in debug too: the tests push a million frames through the pre-scan.
        .target(
            name: "CProtos", dependencies: ["CProtobufC"], cSettings: strictC + [.unsafeFlags(["-O2"], .when(configuration: .debug))]),
        .target(name: "CSystem", cSettings: strictC),

        .target(
            name: "CSentencePiece", cxxSettings: [.treatAllWarnings(as: .error)],
            linkerSettings: [.linkedLibrary("sentencepiece"), .linkedLibrary("sentencepiece_train")]),

        // Each file of the kernels names its instruction set itself: no flag here that a package which uses them could not have.
        .target(name: "CKernels", cSettings: strictC, linkerSettings: [.linkedLibrary("openblas")]),

        library("Locks", []),
        library("Stemming", []),

        // Layer 1: values.
        library("Wire", ["CProtos", "CProtobufC"], settings: hot),
        library("Prometheus", ["Locks", metrics]),
        library("Kernels", ["CKernels", log, metrics]),
        library("RationaleQuality", ["Stemming"]),
        library("TextCleaning", []),
        library("Evaluation", ["Stemming"]),
        library("Baselines", []),

        // Layer 2: sockets; schemas read at run time; what models are made of; data sets.
        library("Transport", ["CZeroMQ", "CSystem", "Locks", "Wire", deque, log, metrics, coreMetrics], settings: hot),
        library("Reflection", []),
        library("ModelFiles", ["CCrypto", "Kernels"]),
        library("Tokenizers", ["CSentencePiece"]),
        library("Datasets", ["CArchive", "CZlib", "Wire"], settings: hot),
        library("SampleShop", ["Wire"]),

        // Layer 3: calls; the teacher's and the student's model.
        library("RPC", ["Locks", "Transport", "Wire", deque, log, metrics, coreMetrics, lifecycle, signals], settings: hot),

        library("LlamaModel", ["Kernels", "Locks", "ModelFiles", "Tokenizers"]),
        library("T5Model", ["Kernels", "ModelFiles", "Tokenizers"]),
        library("Store", ["Wire", grdb, grdbSQLite]),

        // Layer 4: what both daemons, or a daemon and the command, have in common.
        library(
            "Daemons", ["Prometheus", "RPC", "Transport", arguments, flyingFox, flyingSocks, lifecycle, log, metrics, signals]),
        library("RationaleStreams", ["RPC", "Transport", "Wire"]),

        // Layer 5: what the daemons do.
        library(
            "Teacher",
            [
                "Daemons", "LlamaModel", "Locks", "Prometheus", "RPC", "Reflection", "TextCleaning", "Tokenizers", "Transport", "Wire",
                arguments, deque, lifecycle, log, metrics, signals,
            ]),

        library(
            "Student",
            [
                "Baselines", "Daemons", "Evaluation", "Kernels", "Locks", "ModelFiles", "Prometheus", "RPC", "RationaleQuality",
                "RationaleStreams", "Store", "T5Model", "TextCleaning", "Tokenizers", "Transport", "Wire", arguments, lifecycle, log,
                metrics,
                signals,
            ]),

        // Layer 6: programs.
        executable("teacherd", ["Kernels", "Teacher", "LlamaModel", "Tokenizers", "Wire", arguments, log]),
        executable("studentd", ["Kernels", "Student", arguments]),
        executable(
            "rdrec",
            [
                "Datasets", "RPC", "RationaleQuality", "RationaleStreams", "Reflection", "SampleShop", "Transport", "Wire", arguments,
                signals, log,
            ]),

        // The Echo service of the tests: its messages and stubs, and a server of it.
        .target(name: "CEchoProtos", dependencies: ["CProtobufC"], path: "Tests/Support/CEchoProtos", cSettings: strictC),
        library("EchoProtos", ["CEchoProtos", "Wire", "RPC"], path: "Tests/Support/EchoProtos"),
        executable(
            "echo-server", ["EchoProtos", "RPC", "Transport", "Wire", "Prometheus", arguments, lifecycle, signals, log, metrics],
            path: "Tests/Support/echo-server"),
        executable("wire-mirror", ["EchoProtos", "Wire"], path: "Tests/Interop/wire-mirror"),
        executable("t5-mirror", ["Kernels", "ModelFiles", "T5Model"], path: "Tests/Interop/t5-mirror"),
        executable("echo-load", ["EchoProtos", "RPC", "Transport", "Wire", arguments, log], path: "Tests/Support/echo-load"),

        // Speed, beside plain libzmq, llama.cpp and the machine's own peaks.
        .target(name: "CPingPong", dependencies: ["CZeroMQ"], path: "Tests/Benchmarks/CPingPong", cSettings: strictC),
        .target(
            name: "CPeaks", path: "Tests/Benchmarks/CPeaks", cSettings: strictC, linkerSettings: [.linkedLibrary("openblas")]),
        executable(
            "rdrec-bench",
            [
                "CPeaks", "CPingPong", "Kernels", "LlamaModel", "ModelFiles", "Store", "T5Model", "Teacher", "Tokenizers", "EchoProtos",
                "RPC", "Transport", "Wire", arguments, log,
            ], path: "Tests/Benchmarks/rdrec-bench"),

        executable("student-trials", ["Kernels", "Store", "Student", arguments], path: "Tests/Benchmarks/student-trials"),

        // A language model that follows a script, and teacherd with it: what the teacher's tests run.
        library(
            "ScriptedGenerator", ["LlamaModel", "Locks", "RPC", "Teacher", "Tokenizers", "Wire", log],
            path: "Tests/Support/ScriptedGenerator"),
        executable("scripted-teacherd", ["ScriptedGenerator", "Teacher", arguments], path: "Tests/Support/scripted-teacherd"),

        // Programs that tests run, and how tests wait.
        library("ChildProcesses", [], path: "Tests/Support/ChildProcesses"),

        // What every implementation of the store's protocol must do.
        library("StoreConformance", ["Store", "Wire"], path: "Tests/Support/StoreConformance"),

        // Daemons as processes of a test, and clients of them.
        library(
            "DaemonStage", ["ChildProcesses", "Prometheus", "RPC", "Transport", log], path: "Tests/Support/DaemonStage"),

        library("FrameScripts", ["RPC", "Transport", "Wire"], path: "Tests/Support/FrameScripts"),

        library("ModelExercises", ["Kernels", "LlamaModel", "ModelFiles", "Tokenizers"], path: "Tests/Support/ModelExercises"),

        .target(name: "CAllocations", path: "Tests/Support/CAllocations", cSettings: strictC),
        // Optimised in debug too: its references go through millions of numbers.
        tests(
            "KernelsTests", ["CAllocations", "Kernels", log, coreMetrics], resources: [.copy("Fixtures")],
            settings: strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]),
        tests("WireTests", ["Wire", "EchoProtos"]),
        tests("PrometheusTests", ["Prometheus", metrics]),
        tests("ModelFilesTests", ["ModelFiles"]),
        tests("TokenizersTests", ["Tokenizers"], resources: [.copy("Fixtures")]),
        tests(
            "LlamaModelTests", ["Kernels", "LlamaModel", "Locks", "ModelExercises", "ModelFiles", "Tokenizers"],
            resources: [.copy("Fixtures")]),
        tests("T5ModelTests", ["CAllocations", "Kernels", "ModelFiles", "T5Model", "Tokenizers"], resources: [.copy("Fixtures")]),
        tests(
            "StudentTests",
            [
                "Baselines", "ChildProcesses", "DaemonStage", "Daemons", "Evaluation", "Kernels", "Locks", "ModelFiles", "Prometheus",
                "RPC", "SampleShop", "Store", "Student", "T5Model", "Tokenizers", "Transport", "Wire", "rdrec", "scripted-teacherd",
                "studentd", lifecycle, log,
            ]),
        tests("RationaleStreamsTests", ["RPC", "RationaleStreams", "Transport", "Wire"]),
        tests("TextCleaningTests", ["TextCleaning"]),
        tests("StemmingTests", ["Stemming"], resources: [.copy("Fixtures")]),
        tests("EvaluationTests", ["Evaluation"], resources: [.copy("Fixtures")]),
        tests("BaselinesTests", ["Baselines", "Datasets", "Evaluation", "Wire"]),
        tests("StoreTests", ["Store", "StoreConformance", "Wire"]),
        tests("RationaleQualityTests", ["RationaleQuality"]),
        tests("SampleShopTests", ["SampleShop", "Wire"]),
        tests(
            "TeacherTests",
            [
                "ChildProcesses", "DaemonStage", "Daemons", "LlamaModel", "Locks", "Prometheus", "RPC", "ScriptedGenerator", "Teacher",
                "TextCleaning", "Tokenizers", "Transport", "Wire", "rdrec", "scripted-teacherd", "teacherd", lifecycle, log, metrics,
            ], resources: [.copy("Fixtures")]),
        tests("ReflectionTests", ["Reflection"], resources: [.copy("Fixtures")]),
        tests("DatasetsTests", ["CArchive", "Datasets", "Wire"]),
        tests("TransportTests", ["Locks", "Transport", "Wire", "CZeroMQ", log]),
        tests("RPCTests", ["FrameScripts", "RPC", "Locks", "Transport", "Wire", "EchoProtos", "Prometheus", metrics, lifecycle, log]),
        tests("CommandLineTests", ["RPC", "RationaleStreams", "Transport", "Wire", "EchoProtos", "echo-server", "rdrec", log]),
        tests("ProcessTests", ["ChildProcesses", "RPC", "Transport", "Wire", "EchoProtos", "echo-server", "echo-load", "rdrec", log]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17,
    cxxLanguageStandard: .cxx17
)

// Only the test targets named, separated by spaces, and what they need: a test build of all takes minutes where one is wanted.
if let wanted = Context.environment["RDREC_TEST_TARGETS"]?.split(separator: " ").map(String.init) {
    var needed: Set<String> = [], open = wanted
    while let name = open.popLast() {
        guard needed.insert(name).inserted, let target = package.targets.first(where: { $0.name == name }) else { continue }
        for case .byNameItem(let dependency, _) in target.dependencies { open.append(dependency) }
    }
    package.targets.removeAll { !needed.contains($0.name) }
    package.products.removeAll { !needed.contains($0.name) }
}

// libFuzzer brings its own `main`, so the target is there only on request: Tests/Fuzz/run.sh.
if Context.environment["RDREC_FUZZ"] != nil {
    package.targets.append(executable("fuzz-wire", ["EchoProtos", "Wire"], path: "Tests/Fuzz/fuzz-wire"))
    package.targets.append(executable("fuzz-gguf", ["Kernels", "LlamaModel", "ModelExercises"], path: "Tests/Fuzz/fuzz-gguf"))
    package.targets.append(executable("fuzz-frames", ["FrameScripts"], path: "Tests/Fuzz/fuzz-frames"))
}
