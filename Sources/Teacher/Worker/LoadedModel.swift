package import LlamaModel
package import Logging
package import Tokenizers
package import Wire

/// A language model that is ready to write, and what is known of it.
package struct LoadedModel: Sendable {
    package let generator: any TextGenerator
    package let composer: any RationaleComposing
    package let template: ChatTemplate
    package let info: ModelInfo
    /// Slots that bulk requests leave free for interactive ones: as many as in the generator, or more.
    package let interactiveSlots: Int
    /// Ends the generator; may block for a moment. What it still has in hand fails.
    package let stop: @Sendable () -> Void

    package init(
        generator: any TextGenerator, composer: any RationaleComposing, template: ChatTemplate, info: ModelInfo, interactiveSlots: Int = 0,
        stop: @escaping @Sendable () -> Void = {}
    ) {
        self.generator = generator
        self.interactiveSlots = interactiveSlots
        self.stop = stop
        self.composer = composer
        self.template = template
        self.info = info
    }
}

/// What the loading of a model is told.
package struct ModelSettings: Sendable, Hashable {
    /// A GGUF file.
    package var path: String
    /// Of the kernels; 0 is one a core.
    package var threads: Int
    /// Requests that are written at a time.
    package var slots: Int
    /// Of keys and values.
    package var keyValueBytes: Int
    /// A name of ``ChatTemplate/names`` in place of the file's own template.
    package var chatTemplate: String?
    /// A file with another wording of the rationale's prompt.
    package var promptFile: String?

    package init(
        path: String, threads: Int = 0, slots: Int = 32, keyValueBytes: Int = 512 << 20, chatTemplate: String? = nil,
        promptFile: String? = nil
    ) {
        self.path = path
        self.threads = threads
        self.slots = slots
        self.keyValueBytes = keyValueBytes
        self.chatTemplate = chatTemplate
        self.promptFile = promptFile
    }
}

/// Reads a model and makes its engine: the one place that knows how. Blocks, on a thread made for it.
package typealias ModelLoader = @Sendable (ModelSettings, Logger) throws -> LoadedModel
