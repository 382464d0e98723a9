import Foundation
import Student
import Testing

/// Recipes as versions and checkpoints keep them.
struct RecipeDecodingTests {
    @Test func `A recipe of before is read, and is what it was`() throws {
        let recipe = StudentPreset.tiny.recipe
        var fields = try #require(try JSONSerialization.jsonObject(with: JSONEncoder().encode(recipe)) as? [String: Any])
        #expect(try JSONDecoder().decode(TrainingRecipe.self, from: JSONSerialization.data(withJSONObject: fields)) == recipe)
        for name in ["averageDecay", "startsWithPreferences", "outputScale"] { fields[name] = nil }
        let old = try JSONDecoder().decode(TrainingRecipe.self, from: JSONSerialization.data(withJSONObject: fields))
        #expect(old.averageDecay == 0 && !old.startsWithPreferences && old.outputScale == 1 && old.width == recipe.width)
    }
}
