import Student
import Testing

/// Which finished trainings become active.
struct ActivationPolicyTests {
    private let active = described("0001", ndcg: 0.05)

    @Test("Better on validation by the same split, or nothing is active")
    func ifBetter() {
        let policy = ActivationPolicy.ifBetter
        #expect(policy.objection(to: described("0002", ndcg: 0.06), active: active) == nil)
        #expect(policy.objection(to: described("0002", ndcg: 0.01), active: nil) == nil)
        #expect(policy.objection(to: described("0002", ndcg: 0.05), active: active)?.contains("0.05") == true)
        #expect(policy.objection(to: described("0002", split: 2, ndcg: 0.9), active: active)?.contains("split 2") == true)
        let other = described("0002", split: 2, ndcg: 0.05)
        #expect(policy.objection(to: other, active: active, validatedAgain: 0.04) == nil)
        #expect(policy.objection(to: other, active: active, validatedAgain: 0.06)?.contains("0.06") == true)
        #expect(policy.objection(to: described("0002"), active: active) == "it was not validated")
        #expect(policy.objection(to: described("0002", ndcg: .nan), active: active) == "it was not validated")
        #expect(policy.objection(to: described("0002", ndcg: 0.01), active: described("0001")) == nil)
    }

    @Test("Never, always, and never what was disturbed or leaks")
    func others() {
        var disturbed = described("0002", ndcg: 0.9), leaking = described("0003", ndcg: 0.9)
        disturbed.swappedRationales = 0.1
        leaking.leaksTestOrder = true
        #expect(ActivationPolicy.never.objection(to: described("0002", ndcg: 0.9), active: nil) != nil)
        #expect(ActivationPolicy.always.objection(to: described("0002", ndcg: 0.01), active: active) == nil)
        #expect(ActivationPolicy.always.objection(to: disturbed, active: active) != nil)
        #expect(ActivationPolicy.ifBetter.objection(to: disturbed, active: nil) != nil)
        #expect(ActivationPolicy.ifBetter.objection(to: leaking, active: active)?.contains("leaks") == true)
        #expect(ActivationPolicy.always.objection(to: leaking, active: active) == nil)
    }
}
