package import T5Model

/// How a student is trained: all that, with a split and its rationales, decides what comes out. Kept with each version and each checkpoint.
package struct TrainingRecipe: Codable, Sendable, Equatable {
    /// How the next item is asked for.
    package enum Formulation: String, Codable, Sendable {
        /// The decoder reads the history, a token an item, and predicts the next at every position.
        case sequence
        /// RDRec's: the encoder reads a prompt with all identifiers, the decoder says the target's tokens.
        case paper
    }

    /// Shares of a step's tokens by task, as RDRec's ratio names them.
    package struct Mixture: Codable, Sendable, Equatable, CustomStringConvertible {
        package var explanation: Int
        package var sequential: Int
        /// Preferences and attributes.
        package var rationales: Int
        package var topN: Int

        package init(explanation: Int, sequential: Int, rationales: Int, topN: Int) {
            (self.explanation, self.sequential, self.rationales, self.topN) = (explanation, sequential, rationales, topN)
        }

        /// Of "1:1:1:1": explanation, sequential, rationales, top-N. Nil for what is none; one that trains no items is none either.
        package init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
            guard parts.count == 4, let a = parts[0], let b = parts[1], let c = parts[2], let d = parts[3],
                [a, b, c, d].allSatisfy({ (0...1_000).contains($0) }), b + d > 0
            else { return nil }
            self.init(explanation: a, sequential: b, rationales: c, topN: d)
        }

        package var description: String { "\(explanation):\(sequential):\(rationales):\(topN)" }
        var sum: Int { explanation + sequential + rationales + topN }
    }

    package var preset: String
    package var formulation: Formulation
    package var indexing: ItemIndexKind
    package var mixture: Mixture

    // Sizes: D, heads of so many numbers, F, layers.
    package var width: Int
    package var heads: Int
    package var headWidth: Int
    package var feedForward: Int
    package var encoderLayers: Int
    package var decoderLayers: Int
    package var dropout: Float

    /// Of what is dropped, the decoder's last states too.
    package var dropsOutput = true

    /// What layers add to their input is this times T5's own at the beginning.
    package var outputScale: Float = 1
    /// Deviation of the vocabulary's rows at the beginning.
    package var pieceDeviation: Float = 1
    /// Of the items' rows.
    package var itemDeviation: Float
    /// Of the rows of the words that items' content is told in.
    package var wordDeviation: Float
    /// Whether items' rows draw on titles and rationales.
    package var usesContent = true
    /// Share of the histories that are learnt from with the preferences of their beginning known.
    package var preferenceShare = 0.0
    /// Whether the encoder reads them, sentence by sentence.
    package var encodesPreferences = false
    /// Whether the decoder's start has them, as words in the items' space.
    package var startsWithPreferences = false
    /// Of the preferences in the encoder, the newest.
    package var mostPreferenceTokens = 64

    package var peakRate: Double
    package var warmUpSteps: Int
    package var weightDecay: Double
    package var maximumGradientNorm: Double?

    /// Of the mean of the weights over steps, which is what is validated and published: 0 for the last step's weights.
    package var averageDecay = 0.0

    /// Rows of encoder and decoder in a step.
    package var tokensPerStep: Int
    package var epochs: Int
    /// Epochs without a better validation after which it ends.
    package var patience: Int
    /// Items of a history that are read, the latest.
    package var mostHistory = 50
    /// Tokens of a text that are learnt.
    package var mostTextTokens = 48
    /// Of the vocabulary of words, at the most.
    package var vocabularyPieces: Int

    package var seed: UInt64 = 1
    package var withoutRationales = false
    package var randomInteractions = 0.0
    package var swappedRationales = 0.0

    /// Whether what is known of a user's preferences changes answers.
    var readsPreferences: Bool { !withoutRationales && preferenceShare > 0 && (encodesPreferences || startsWithPreferences) }
    /// Of the preferences in the encoder.
    var preferenceTokens: Int { readsPreferences && encodesPreferences ? mostPreferenceTokens : 0 }

    package var leaksTestOrder: Bool { indexing.leaksTestOrder }
}

extension TrainingRecipe {
    /// What an older recipe does not name is as it was before there was a name for it.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func value<Value: Decodable>(_ key: CodingKeys) throws -> Value { try values.decode(Value.self, forKey: key) }
        func value<Value: Decodable>(_ key: CodingKeys, before: Value) throws -> Value {
            try values.decodeIfPresent(Value.self, forKey: key) ?? before
        }
        self.init(
            preset: try value(.preset), formulation: try value(.formulation), indexing: try value(.indexing), mixture: try value(.mixture),
            width: try value(.width), heads: try value(.heads), headWidth: try value(.headWidth), feedForward: try value(.feedForward),
            encoderLayers: try value(.encoderLayers), decoderLayers: try value(.decoderLayers), dropout: try value(.dropout),
            dropsOutput: try value(.dropsOutput, before: true), outputScale: try value(.outputScale, before: 1),
            pieceDeviation: try value(.pieceDeviation, before: 1), itemDeviation: try value(.itemDeviation),
            wordDeviation: try value(.wordDeviation), usesContent: try value(.usesContent, before: true),
            preferenceShare: try value(.preferenceShare, before: 0), encodesPreferences: try value(.encodesPreferences, before: false),
            startsWithPreferences: try value(.startsWithPreferences, before: false),
            mostPreferenceTokens: try value(.mostPreferenceTokens, before: 64), peakRate: try value(.peakRate),
            warmUpSteps: try value(.warmUpSteps), weightDecay: try value(.weightDecay),
            maximumGradientNorm: try values.decodeIfPresent(Double.self, forKey: .maximumGradientNorm),
            averageDecay: try value(.averageDecay, before: 0), tokensPerStep: try value(.tokensPerStep), epochs: try value(.epochs),
            patience: try value(.patience), mostHistory: try value(.mostHistory, before: 50),
            mostTextTokens: try value(.mostTextTokens, before: 48), vocabularyPieces: try value(.vocabularyPieces),
            seed: try value(.seed, before: 1), withoutRationales: try value(.withoutRationales, before: false),
            randomInteractions: try value(.randomInteractions, before: 0), swappedRationales: try value(.swappedRationales, before: 0))
    }
}
