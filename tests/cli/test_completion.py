"""bash and zsh complete commands, options, kinds, recipes and settings, and leave files to themselves."""

import os
import shlex
import shutil
import subprocess

from run import PCIL, check, in_empty_folder

COMPLETION = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "cmake", "completion")
# Words typed, of which the last is to be completed; what must be offered; what must not.
CASES = [
    ([""], {"train", "doctor"}, {"verify"}),
    (["ev"], {"eval"}, {"train"}),
    (["train", "--re"], {"--recipe"}, {"--seed"}),
    (["train", "--recipe", "digits-mlp-seqil-"], {"digits-mlp-seqil-mq"}, {"cifar10-mlp-seqil-mq"}),
    (["train", "--set", "learning_"], {"learning_rate="}, {"epochs="}),
    (["train", "--set", "epochs=2", "--"], {"--recipe", "--help"}, {"epochs="}),
    (["info", "--inference", ""], {"sequential", "simultaneous"}, {"mq"}),
    (["bench", "--optimizer", "m"], {"mq", "momentum"}, {"adam"}),
    (["eval", "--normalise", ""], {"centre", "standard"}, set()),
    (["convert", "--to", ""], {"npz", "torch"}, set()),
    (["data", ""], {"verify", "sheet", "write"}, {"train"}),
    (["data", "verify", "--dataset", "tiny"], {"tiny-imagenet"}, {"svhn"}),
    (["analyze", "theorem"], {"theorem1", "theorem2"}, {"delay"}),
    (["kinds", "opt"], {"optimizer"}, {"output"}),
    (["kinds", "optimizer", "ad"], {"adam", "adamw"}, {"mq"}),
    (["recipes", "svhn-mlp-bp"], {"svhn-mlp-bp"}, {"digits-mlp-bp"}),
    (["eval", ""], {"a file.txt"}, {"train"}),
]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    check(done.returncode == 0 and not done.stderr, f"{command}: {done.returncode}\n{done.stderr}")
    return done.stdout.splitlines()


def bash(words):
    script = f"source {shlex.quote(COMPLETION)}/bash/pcil; COMP_WORDS=({shlex.join([PCIL, *words])}); COMP_CWORD={len(words)}; _pcil; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    return run("bash", "--norc", "-c", script)


def zsh(words):
    """The builtins of zsh's completion work in a line editor only, so functions stand for them."""
    script = f'compadd() {{ while [[ $1 != -- ]]; do shift; done; shift; print -rl -- "$@" }}; _files() {{ print -rl -- * }}; words=({shlex.join([PCIL, *words])}); CURRENT={len(words) + 1}; source {shlex.quote(COMPLETION)}/zsh/_pcil'
    return run("zsh", "-f", "-c", script)


def test():
    with open("a file.txt", "w"):
        pass
    for shell in (bash, zsh):
        if not shutil.which(shell.__name__):
            print(f"skipped: {shell.__name__} is not installed")
            continue
        for words, wanted, unwanted in CASES:
            offered = shell(words)
            check(wanted <= set(offered) and not unwanted & set(offered), f"{shell.__name__} {words}: {offered}")
            check(len(set(offered)) == len(offered), f"{shell.__name__} {words}: some twice: {offered}")


in_empty_folder(test)
