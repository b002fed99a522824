"""
SIGINT, SIGTERM and SIGHUP end a run with what it has saved, exit code 128 + n, unless they were ignored when it began; a
second one ends it at once. A terminal sees a progress line, a pipe none.

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


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def start(folder, ignored=(), path=None):
    """A run whose signals are as an interactive shell gives them, but for those to be ignored, however this test was started."""
    def as_from_a_shell():
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)

    there = environment() if path is None else {**environment(), "PATH": path}
    return subprocess.Popen([PCIL, "train", *LONG, "--out", folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=there,
                            preexec_fn=as_from_a_shell)


def await_epochs(run, count):
    while count > 0:
        line = run.stdout.readline()
        check(line, f"the run ended by itself: {run.stderr.read() if not line else ''}")
        count -= line.startswith("epoch ")


def check_saved(folder):
    files = set(os.listdir(folder))
    check({"config.json", "metrics.jsonl", "model.safetensors"} <= files, f"only {sorted(files)} was saved")
    pcil("eval", f"{folder}/model.safetensors", "--limit", "10")
    pcil("train", "--resume", folder, "--epochs", "1000000", "--dry-run")


def interrupt(number, folder):
    run = start(folder)
    await_epochs(run, 1)
    run.send_signal(number)
    _, err = run.communicate(timeout=60)
    check(run.returncode == 128 + number, f"exit code {run.returncode}, not {128 + number}: {err}")
    check(f"stopped by signal {int(number)}; saved: {folder}" in err, err)
    check_saved(folder)


def ignored(number, folder):
    """As by nohup, or in the background of a script: the run goes on, another signal ends it."""
    run = start(folder, ignored=(number,))
    await_epochs(run, 1)
    run.send_signal(number)
    await_epochs(run, 50)
    run.send_signal(signal.SIGTERM)
    _, err = run.communicate(timeout=60)
    check(run.returncode == 143, f"signal {number} ignored: exit code {run.returncode}: {err}")


def twice(first, second, ended, folder):
    """The second comes while the run, which has saved, waits for a gnuplot that takes its time."""
    os.makedirs(f"{folder}-programs")
    with open(f"{folder}-programs/gnuplot", "w") as program:
        program.write(f"#!/bin/sh\n: > {os.path.abspath(folder)}-drawing\nexec sleep 2\n")
    os.chmod(f"{folder}-programs/gnuplot", 0o755)
    run = start(folder, path=f"{os.path.abspath(folder)}-programs:{os.environ['PATH']}")
    await_epochs(run, 1)
    run.send_signal(first)
    while not os.path.exists(f"{folder}-drawing"):
        check(run.poll() is None, f"exit code {run.returncode}, it drew nothing")
        time.sleep(0.001)
    run.send_signal(second)
    _, err = run.communicate(timeout=60)
    check(run.returncode == ended, f"signals {first}, {second}: exit code {run.returncode}, not {ended}: {err}")
    check_saved(folder)


def hung_up(folder):
    """The terminal is closed, all that the run would say is lost."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(PCIL, [PCIL, "train", *LONG, "--out", folder], environment())
    seen = b""
    while seen.count(b"test loss") < 3:
        seen += os.read(terminal, 4096)
    os.close(terminal)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    check(ended == 128 + signal.SIGHUP, f"hung up: exit code {ended}")
    check_saved(folder)


def terminal():
    """On a terminal of 60 columns: carriage returns, no line longer than the terminal."""
    parent, child = pty.openpty()
    import fcntl
    import struct
    import termios
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    run = subprocess.Popen([PCIL, "train", *LONG], stdout=subprocess.DEVNULL, stderr=child, env=environment(),
                           preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
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
    for number in SIGNALS:
        interrupt(number, f"one{number}")
    ignored(signal.SIGINT, "background")
    ignored(signal.SIGHUP, "nohup")
    twice(signal.SIGINT, signal.SIGTERM, -signal.SIGTERM, "two")
    twice(signal.SIGTERM, signal.SIGTERM, -signal.SIGTERM, "same")
    twice(signal.SIGHUP, signal.SIGHUP, 128 + signal.SIGHUP, "shell")
    twice(signal.SIGTERM, signal.SIGHUP, 128 + signal.SIGTERM, "late")
    hung_up("closed")
    terminal()


in_empty_folder(test)
