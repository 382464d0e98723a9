internal import Kernels

/// The dropout masks of one pass: functions of the training's seed, the step, the batch within it and the place in the model, so that the
/// backward pass, layers that are run again, and a resumed training draw the same.
struct StepDropout: Sendable {
    /// The places in a layer where `transformers`' T5 drops.
    enum Place: Int, CaseIterable {
        case attentionProbabilities, attentionOutput, crossProbabilities, crossOutput, feedForwardHidden, feedForwardOutput
    }
    /// And those of a stack.
    enum End: Int, CaseIterable { case encoderInput, encoderOutput, decoderInput, decoderOutput }

    // Counted once: a list of all cases is made anew each time.
    private static let places = Place.allCases.count
    private static let ends = End.allCases.count

    let rate: Float
    /// Of the training and the step.
    private let seed: UInt64
    /// Of the batch within the step.
    private let pass: Int
    private let encoderLayers: Int
    private let sites: Int

    init(_ configuration: T5Configuration, seed: UInt64, step: Int, pass: Int) {
        rate = configuration.dropoutRate
        self.seed = SplitMix64.mixed(seed, UInt64(step))
        self.pass = pass
        encoderLayers = configuration.encoderLayers
        sites = Self.ends + (configuration.encoderLayers + configuration.decoderLayers) * Self.places
        precondition(pass >= 0 && pass < (1 << 32) / sites, "batch \(pass) of a step; at most \((1 << 32) / sites)")
    }

    func encoder(_ layer: Int, _ place: Place) -> Dropout { site(Self.ends + layer * Self.places + place.rawValue) }
    func decoder(_ layer: Int, _ place: Place) -> Dropout { encoder(encoderLayers + layer, place) }
    func end(_ end: End) -> Dropout { site(end.rawValue) }

    private func site(_ number: Int) -> Dropout { Dropout(rate: rate, seed: seed, stream: UInt64(pass * sites + number)) }
}
