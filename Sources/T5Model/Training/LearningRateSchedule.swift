internal import Foundation

/// The learning rate of each step: it rises in equal parts to its peak and stays, or sinks to nothing at the end.
package struct LearningRateSchedule: Sendable, Equatable, Codable {
    package enum Decay: String, Sendable, CaseIterable, Codable {
        case constant
        /// In equal parts.
        case linear
        /// Along half a period of the cosine (Loshchilov and Hutter, 2017).
        case cosine
    }

    package var peak: Double
    /// Steps of the rise, of which the last has the peak; 0 without one.
    package var warmUpSteps: Int
    package var decay: Decay
    /// Steps of the whole training, which only `linear` and `cosine` ask for; past them the rate is 0.
    package var totalSteps: Int

    package init(peak: Double, warmUpSteps: Int = 0, decay: Decay = .constant, totalSteps: Int = 0) {
        precondition(peak >= 0 && peak.isFinite && warmUpSteps >= 0, "a learning rate of \(peak) after \(warmUpSteps) steps")
        precondition(decay == .constant || totalSteps > warmUpSteps, "\(totalSteps) steps, of which \(warmUpSteps) are warm-up")
        self.peak = peak
        self.warmUpSteps = warmUpSteps
        self.decay = decay
        self.totalSteps = totalSteps
    }

    /// What is wrong with values that a file may hold; nil when nothing is.
    var fault: String? {
        guard peak >= 0, peak.isFinite else { return "the learning rate's peak is \(peak)" }
        guard (0...1 << 40).contains(warmUpSteps), (0...1 << 40).contains(totalSteps) else {
            return "\(warmUpSteps) steps of warm-up of \(totalSteps)"
        }
        guard decay == .constant || totalSteps > warmUpSteps else { return "\(totalSteps) steps, of which \(warmUpSteps) are warm-up" }
        return nil
    }

    /// - Parameter step: The first is 1.
    package func rate(step: Int) -> Double {
        if step <= warmUpSteps { return peak * Double(step) / Double(warmUpSteps) }
        guard decay != .constant else { return peak }
        // The first step after the rise has the peak still.
        let done = min(Double(step - 1 - warmUpSteps) / Double(totalSteps - warmUpSteps), 1)
        return peak * (decay == .linear ? 1 - done : (1 + cos(.pi * done)) / 2)
    }
}
