"""Checkpoints are shared with Hugging Face's library: what it saves we load and train, what we save it loads, and the logits are the same."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import T5Config, T5ForConditionalGeneration

SHAPES = {
    "t5": dict(feed_forward_proj="relu", tie_word_embeddings=True),
    "t5-v1.1": dict(feed_forward_proj="gated-gelu", tie_word_embeddings=False, num_decoder_layers=3),
}


class CheckpointTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name)

    def agree(self, source, original=None):
        """Has a model saved, one of ours trained before, and compares what the library and `original` make of a text with what we did."""
        out = self.path / "ours"
        answer = subprocess.run([os.environ["RDREC_T5_MIRROR"], out, source], capture_output=True, check=False)
        self.assertEqual(answer.returncode, 0, answer.stderr.decode())
        ours = load_file(f"{out}.logits.safetensors")
        model, report = T5ForConditionalGeneration.from_pretrained(out, output_loading_info=True)
        self.assertFalse(report["missing_keys"] or report["unexpected_keys"] or report["mismatched_keys"], report)
        ids = dict(input_ids=ours["input_ids"][None].long(), decoder_input_ids=ours["decoder_input_ids"][None].long())
        for who in filter(None, [model, original]):
            with torch.no_grad():
                theirs = who.eval()(**ids)
            for name, value in [("encoder_output", theirs.encoder_last_hidden_state[0]), ("logits", theirs.logits[0])]:
                self.assertGreater(value.std().item(), 1e-3, "numbers that all are alike prove nothing")
                self.assertLess((value - ours[name]).abs().max().item(), 1e-4 * max(1, value.abs().max().item()), name)

    def test_ours(self):
        for name in ["relu", "gated-gelu"]:
            with self.subTest(name):
                self.setUp()
                self.agree(name)

    def test_theirs(self):
        for name, shape in SHAPES.items():
            with self.subTest(name):
                self.setUp()
                torch.manual_seed(3)
                model = T5ForConditionalGeneration(
                    T5Config(vocab_size=320, d_model=48, d_kv=12, num_heads=4, d_ff=80, num_layers=2, decoder_start_token_id=0, **shape)
                )
                if not shape["tie_word_embeddings"]:
                    # The library ties them even so when a model is made; those that it loads have heads of their own.
                    model.lm_head.weight = torch.nn.Parameter(torch.randn(320, 48) * 0.2)
                model.save_pretrained(self.path / "theirs")
                self.agree(self.path / "theirs", model)


if __name__ == "__main__":
    unittest.main()
