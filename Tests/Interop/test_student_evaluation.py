"""What studentd reports of a model, held against what it answers: a model is trained, evaluated, and then asked for every tested user."""

import json
import unittest

from held_back_shop import CUTOFFS, Shop, figures
from messages import message, student
from rdrec_wire import FAILED_PRECONDITION, RpcError
from student_process import StudentProcess

# rdrec.v1.Source
MODEL = 1
PARTS = ("validation", "test")


class StudentEvaluationTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shop = Shop()
        cls.studentd = StudentProcess("--training-threads", "1", "--serving-threads", "1")
        cls.addClassCleanup(cls.studentd.kill)
        cls.fill()
        training = cls.studentd.call("Jobs/StartTraining", preset="tiny", max_epochs=3, seed=5, activation="ACTIVATION_ALWAYS")
        cls.version = cls.studentd.finish(training).model_version
        cls.reports = {part: cls.evaluate(part) for part in PARTS}

    @classmethod
    def fill(cls):
        method, record = student("Catalog/IngestBatches"), message("rdrec.v1.IngestRecord")
        records = [record(**fields) for fields in cls.shop.records()]
        call = cls.studentd.client.open(method)
        call.send(method.request(records=records))
        call.half_close()
        summary = call.result()
        if summary.rejected_count:
            raise AssertionError(f"records were refused: {summary}")

    @classmethod
    def evaluate(cls, part):
        """The report of the active version, as it is in report.json."""
        job = cls.studentd.finish(cls.studentd.call("Jobs/StartEvaluation", split=part, with_baselines=True))
        files = cls.studentd.call("Jobs/GetReport", job_id=job.job_id).files
        return json.loads(next(file.content for file in files if file.name == "report.json"))

    def ranking(self, part, name):
        """Means by the metrics' names, and coverage, of one recommender of a report."""
        result = next(ranking["result"] for ranking in self.reports[part]["rankings"] if ranking["name"] == name)
        return {metric: estimate["mean"] for metric, estimate in result["metrics"].items()} | result["coverage"]

    def assert_figures(self, told, computed):
        for name, value in computed.items():
            self.assertAlmostEqual(told[name], value, delta=1e-9, msg=name)

    def ask(self, held, **fields):
        """The ten items of one answer, each by the model that the report is of and none of them known before; and the target's place."""
        answer = self.studentd.call("Recommender/Recommend", count=10, **fields)
        self.assertEqual((answer.source, answer.model_version), (MODEL, self.version))
        self.assertEqual(len(answer.items), 10)
        listed = [item.item_id for item in answer.items]
        self.assertEqual(len(set(listed)), 10)
        self.assertEqual(held.hidden & set(listed), set())
        scores = [item.score for item in answer.items]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertEqual(len(set(scores)), 10, "equal scores: an answer of ten cannot tell their place")
        return listed, listed.index(held.target) + 1 if held.target in listed else None

    def assert_report(self, part, answers):
        """The model's figures in the report are those of the answers, in the order of users."""
        computed = figures([rank for _, rank in answers])
        for cutoff in CUTOFFS:
            covered = {item for listed, _ in answers for item in listed[:cutoff]}
            computed[f"coverage@{cutoff}"] = len(covered) / len(self.shop.items)
        self.assert_figures(self.ranking(part, "model"), computed)
        # Neither nothing nor all is found: the comparison says something.
        self.assertTrue(0 < computed["hr@10"] < 1, computed)

    def test_the_figures_of_a_version_are_those_of_its_answers(self):
        for part in PARTS:
            with self.subTest(part=part):
                held = self.shop.held_back(part)
                self.assert_report(part, [self.ask(one, user_id=user, as_of=part) for user, one in held.items()])

    def test_the_same_histories_without_a_user_give_the_same_figures(self):
        for part in PARTS:
            with self.subTest(part=part):
                answers = []
                for one in self.shop.held_back(part).values():
                    # A history hides all of itself: where the target was taken before, what hides is told apart.
                    is_repeated = one.target in one.known
                    told = {"include_seen": True, "exclude_item_ids": sorted(one.hidden)} if is_repeated else {}
                    answers.append(self.ask(one, history={"item_ids": one.known}, **told))
                self.assert_report(part, answers)

    def test_the_figures_of_popularity_are_what_counting_gives(self):
        for part in PARTS:
            with self.subTest(part=part):
                self.assert_figures(self.ranking(part, "popularity"), figures(self.shop.popularity_ranks(part)))

    def test_a_report_says_what_it_was_measured_by(self):
        for part in PARTS:
            held, report = self.shop.held_back(part), self.reports[part]
            self.assertEqual((report["model"]["version"], report["model"]["preset"]), (self.version, "tiny"))
            self.assertFalse(report["model"]["leaks_test_order"])
            told = report["protocol"]
            self.assertEqual((told["part"], told["split_kind"], told["sampled_negatives"]), (part, "leave-one-out", 0))
            self.assertEqual((told["users_tested"], told["catalogue_items"]), (len(held), len(self.shop.items)))
            self.assertEqual(told["repeated_targets"], sum(one.target in one.known for one in held.values()))
            self.assertEqual([r["name"] for r in report["rankings"]], ["model", "popularity", "item-neighbours", "id-order"])

    def test_only_who_is_tested_has_an_audit(self):
        for user in ("once", "twice", "nobody"):
            with self.subTest(user=user), self.assertRaises(RpcError) as caught:
                self.studentd.call("Recommender/Recommend", user_id=user, as_of="test")
            self.assertEqual(caught.exception.code, FAILED_PRECONDITION)


if __name__ == "__main__":
    unittest.main()
