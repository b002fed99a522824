"""
The same training in another language than C: it learns, and gives the same bytes of weights.

usage: same.py C_PROGRAM FOLDER COMMAND...      each program saves its model to the path it is given, and prints "accuracy A"
"""

import os
import re
import subprocess
import sys

LEAST = 0.55  # chance is 0.1


def train(command, path):
    result = subprocess.run([*command, path], capture_output=True, text=True)
    accuracy = re.search(r"^accuracy (\d\.\d+)$", result.stdout, re.M)
    if result.returncode or not accuracy:
        sys.exit(f"{' '.join(command)}: status {result.returncode}\n{result.stdout}{result.stderr}")
    with open(path, "rb") as file:
        return float(accuracy.group(1)), file.read()


program, folder, *command = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
accuracy, weights = train([program], os.path.join(folder, "c.safetensors"))
other_accuracy, other_weights = train(command, os.path.join(folder, "other.safetensors"))
same = weights == other_weights
print(f"accuracy {accuracy} and {other_accuracy}; {len(weights)} and {len(other_weights)} bytes, {'the same' if same else 'NOT the same'}")
sys.exit(0 if same and accuracy == other_accuracy >= LEAST else 1)
