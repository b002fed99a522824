"""
SIGINT and SIGTERM end a run with what it has saved, exit code 128 + n; a terminal sees a progress line, a pipe none.

usage: test_interrupt.py PCIL
"""

import os
import pty
import select
import signal
import subprocess
import time

from run import PCIL, TINY, check, environment, in_empty_folder, pcil

LONG = [*TINY, "--epochs", "1000000"]


def interrupt(number, folder):
    run = subprocess.Popen([PCIL, "train", *LONG, "--out", folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           env=environment())
    line = ""
    while not line.startswith("epoch 1/"):
        line = run.stdout.readline()
        check(line, f"the run ended by itself: {run.stderr.read() if not line else ''}")
    run.send_signal(number)
    out, err = run.communicate(timeout=60)
    check(run.returncode == 128 + number, f"exit code {run.returncode}, not {128 + number}: {err}")
    check("saved" in err, err)
    files = set(os.listdir(folder))
    check({"config.json", "metrics.jsonl", "model.safetensors"} <= files, f"only {sorted(files)} was saved")
    pcil("eval", f"{folder}/model.safetensors", "--limit", "10")
    return out


def terminal():
    """On a terminal of 60 columns: carriage returns, no line longer than the terminal."""
    parent, child = pty.openpty()
    import fcntl
    import struct
    import termios
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    run = subprocess.Popen([PCIL, "train", *LONG], stdout=subprocess.DEVNULL, stderr=child, env=environment())
    os.close(child)
    seen, deadline = b"", time.monotonic() + 60
    while seen.count(b"epoch") < 3 and time.monotonic() < deadline:
        if select.select([parent], [], [], 1)[0]:
            seen += os.read(parent, 4096)
    run.send_signal(signal.SIGINT)
    check(run.wait(60) == 130, f"exit code {run.returncode}")
    check(seen.count(b"epoch") >= 3 and b"batch" in seen and b"samples/s" in seen, f"no progress line: {seen!r}")
    check(all(len(line) < 60 for line in seen.split(b"\r")), f"a line is too long: {seen!r}")
    check(b"\033" not in seen, "NO_COLOR is not honoured")


def test():
    interrupt(signal.SIGINT, "one")
    interrupt(signal.SIGTERM, "two")
    terminal()


in_empty_folder(test)
