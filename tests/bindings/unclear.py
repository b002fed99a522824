"""The description is refused where a comment does not tell an array from one number. Argument: the folder of the bindings."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

BINDINGS = sys.argv.pop()
INCLUDE = os.path.join(os.path.dirname(BINDINGS), "include")


class Unclear(unittest.TestCase):
    def refused(self, header, before, after):
        """The message about a tree in which one comment is another."""
        with tempfile.TemporaryDirectory() as tree:
            path = os.path.join(shutil.copytree(INCLUDE, os.path.join(tree, "include")), "pcil", header)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            self.assertIn(before, text)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace(before, after))
            command = [sys.executable, "-B", os.path.join(BINDINGS, "generate.py"), "--check"]
            done = subprocess.run(command, env={**os.environ, "PCIL_TREE": tree}, capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            return done.stdout

    def test_a_shape_in_other_words(self):
        message = self.refused("energy.h", "loss receive [batch]", "loss receive them, [batch]")
        self.assertIn("pcil_energy_samples: prediction: is it one number or an array?", message)

    def test_a_pointer_without_a_comment(self):
        self.assertIn("pcil_loss: loss: is it one number or an array?", self.refused("energy.h", " * @param loss receives it.\n", ""))

    def test_an_array_without_a_shape(self):
        self.assertIn("pcil_predict: outputs is an array", self.refused("inference.h", "receives [count][features of the output node]", "receives them"))


unittest.main()
