"""A reader that leaves early is no reason for a message; a disk that is full is."""

import os
import signal
import subprocess

from run import PCIL, check, environment, in_empty_folder


def leave(arguments, ignored):
    """Exit code and messages of a command whose reader is gone before it begins."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([PCIL, *arguments], stdout=writer, stderr=subprocess.PIPE, text=True, env=environment(), restore_signals=not ignored, timeout=60)
    os.close(writer)
    return done.returncode, done.stderr


def test():
    # Python itself ignores SIGPIPE, and with restore_signals gives the child its default back.
    check(signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN, "SIGPIPE is not ignored here")
    for arguments in (["recipes"], ["--help"], ["train", "--help"], ["kinds", "--json"], ["doctor", "--json", "--data", "."], ["analyze", "theorem2"]):
        check(leave(arguments, ignored=False) == (-signal.SIGPIPE, ""), f"{arguments}: {leave(arguments, ignored=False)}")
        check(leave(arguments, ignored=True) == (128 + signal.SIGPIPE, ""), f"{arguments}, SIGPIPE ignored: {leave(arguments, ignored=True)}")
    for arguments in (["recipes"], ["kinds", "--json"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PCIL, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, env=environment(), timeout=60)
        check(done.returncode == 1 and "cannot write to standard output: No space left" in done.stderr, f"{arguments}: {done.returncode} {done.stderr}")


in_empty_folder(test)
