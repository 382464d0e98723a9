internal import Store
internal import Wire

extension StoreCase {
    static let distilling = [
        StoreCase(name: "a teacher gets what lacks its rationale, and nothing twice") { fixture in
            let store = try await fixture.open()
            _ = try await store.ingest(shop(users: 4, items: 5) + [review("u0", "i9", 900, ""), review("u1", "i9", 900, "", id: "s")])
            let view = store.training(try await store.makeSplit(SplitPolicy()))
            let teacher = try await store.teacher(TeacherIdentity(modelDigest: "t1", promptVersion: "p1", modelName: "m"))
            try expect(
                try await store.teacher(TeacherIdentity(modelDigest: "t1", promptVersion: "p1", modelName: "other")), teacher,
                "the same teacher's number")
            let job = try await store.addJob(kind: .distillation, request: [1, 2])
            let pending = try await view.reviewsToDistil(teacher: teacher, failedBefore: 0, after: .none, limit: 100)
            // Those without a text have nothing to be read.
            try expect(pending.count, 12, "the reviews to distil")
            try expect(pending.map(\.number), pending.map(\.number).sorted { $0.rawValue < $1.rawValue }, "their order")
            let outcomes =
                pending[..<5].map { DistillationOutcome(review: $0.number, result: .rationale(rationale($0.review.reviewID, "w"))) }
                + pending[5..<7].map { DistillationOutcome(review: $0.number, result: .failure(status: 3, message: "why")) }
            var after = try await store.settle(outcomes, teacher: teacher, job: job.number)
            try expect([after.done, after.failed], [7, 2], "the job's progress")
            let rest = try await view.reviewsToDistil(teacher: teacher, failedBefore: 0, after: .none, limit: 100)
            try expect(rest, Array(pending[7...]), "what is left")
            try expect(try await view.countToDistil(teacher: teacher, failedBefore: 0), 5, "their count")
            try expect(try await view.countToDistil(teacher: teacher, failedBefore: .max), 7, "with those that failed")
            try expect(
                try await view.reviewsToDistil(teacher: teacher, failedBefore: .max, after: pending[5].number, limit: 2).map(\.number),
                [pending[6].number, pending[7].number], "a page of them")
            try expect(try await store.statistics().rationalesFailed, 2, "the failures")

            // What failed once can be done later, and what is done is not done again.
            after = try await store.settle(
                [
                    DistillationOutcome(review: pending[5].number, result: .rationale(rationale(pending[5].review.reviewID, "late"))),
                    DistillationOutcome(review: pending[0].number, result: .rationale(rationale(pending[0].review.reviewID, "again"))),
                ], teacher: teacher, job: job.number)
            try expect(after.done, 9, "the job's progress")
            let figures = try await store.statistics()
            try expect([figures.rationales, figures.rationalesFailed, figures.rationalesPending], [6, 1, 6], "the counts")
            let kept = try await list(store, .user(pending[0].review.userID)).first { $0.rationale?.reviewID == pending[0].review.reviewID }
            try expect(kept?.rationale?.userPreference, "The user prefers w.", "the first rationale")

            // A failure that comes after somebody has pushed the same teacher's rationale is none.
            _ = try await store.settle(
                [DistillationOutcome(review: pending[0].number, result: .failure(status: 3, message: "late"))], teacher: teacher,
                job: job.number)
            try expect(try await store.check().faults, [], "the faults")

            let other = try await store.teacher(TeacherIdentity(modelDigest: "t1", promptVersion: "p2", modelName: "m"))
            try expect(try await view.countToDistil(teacher: other, failedBefore: 0), 12, "what another prompt lacks")
            await store.close()
        }
    ]
}
