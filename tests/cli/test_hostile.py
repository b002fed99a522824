"""
Files that the command itself reads, and what of them it shows: pipes, sizes, JSON of many values, zero bytes, bytes that
steer a terminal.

usage: test_hostile.py PCIL
"""

import json
import math
import os
import shutil
import struct
import subprocess

from run import PCIL, TINY, built_with, check, environment, in_empty_folder, pcil, read, within

REPRODUCE = ["reproduce", "fig1", "--dataset", "cifar10", "--data", "set", "--epochs", "1", "--seeds", "1", "--limit-train", "64",
             "--set", "network=3x32x32; dense 8; relu, dense 10; softmax"]
BENCH = ["bench", "--network", "8; dense 4; softmax", "--batch", "2", "--repetitions", "1"]

OBJECT, TABLE = 100000, 4000000  # the most values


def put(path, content):
    if os.path.lexists(path):
        os.remove(path)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def put_pipe(path):
    if os.path.lexists(path):
        os.remove(path)
    os.mkfifo(path)


def put_hole(path, size):
    put(path, b"")
    os.truncate(path, size)


def refused(path, *command, values=0, lines=False):
    """A file that `command` reads, in each of the ways in which it can be none; of JSON, with more values than are read."""
    def expect(*words):
        done = pcil(*command, exit_code=1)
        for word in (path, *words):
            check(word in done.stderr, f"{command}: {done.stderr}")

    put_pipe(path)
    expect("is a pipe, not a file")
    put_hole(path, 3 << 30)
    expect("holds more than")
    put(path, b"{}\0 garbage {{{")
    expect("is no text: byte 2 is zero")
    if values:
        put(path, '{"a":[' + "[]," * (values // 5 + 1) + "0]}\n")
        expect("holds more than", "an object or list counted as 4")
        put(path, '{"a":1}\n{"b":1,"b":2}\n' if lines else '{"a":1}\n{"b":1,\n"b":2}\n')
        expect("line 2" if lines else "line 3", "duplicate")
        put(path, "[1]\n")
        expect("line 1: expected a JSON object in braces")
    os.remove(path)


def metrics():
    os.mkdir("run")
    refused("run/metrics.jsonl", "plot", "run", values=TABLE, lines=True)
    put("run/metrics.jsonl", '{"epoch":1}\n{"epoch":2} {"epoch":3}\n')
    done = pcil("plot", "run", exit_code=1)
    check("'run/metrics.jsonl', line 2, column 13: end of file expected" in done.stderr, done.stderr)


def names():
    pcil("train", *TINY, "--epochs", "1", "--out", "trained")
    refused("names.json", "convert", "trained/model.safetensors", "out.npz", "--names", "names.json")


def benches():
    refused("old.json", *BENCH, "--compare", "old.json", values=TABLE)
    bench = pcil(*BENCH, "--json").stdout
    put("old.json", "\n" + bench + bench)
    check("now/then" in pcil(*BENCH, "--compare", "old.json").stdout, "no comparison")
    shown = pcil("bench", "--network", "8;\rdense 4", "--batch", "2", "--repetitions", "1").stdout
    check(shown.startswith("8;\\x0ddense 4, batch 2"), shown)
    put("old.json", ("{}" + " " * 80) * 700000)  # each costs what it holds, not what is behind it
    check("holds no bench of the same recipe" in pcil(*BENCH, "--compare", "old.json", exit_code=1).stderr, "empty objects")
    put("old.json", bench + bench[:50])
    check("'old.json', line" in pcil(*BENCH, "--compare", "old.json", exit_code=1).stderr, "half a bench")


def reproduction():
    """Each file of a run that is read when it is done; then those that tell whether it is."""
    pcil(*REPRODUCE, "--out", "rep")
    (run,) = [f"rep/runs/{name}" for name in os.listdir("rep/runs")][:1]
    again = [*REPRODUCE, "--out", "rep"]
    for name in ("metrics.jsonl", "measures.json", "config.json"):
        os.rename(f"{run}/{name}", "kept")
        table = name == "metrics.jsonl"
        refused(f"{run}/{name}", *again, values=TABLE if table else OBJECT, lines=table)
        os.rename("kept", f"{run}/{name}")
    put(f"{run}/measures.json", json.dumps({"after": {"rows": [[0] * 40000] + [[]] * 10000}}))
    done = pcil(*again, exit_code=1)
    check("'after' are not as long as each other" in done.stderr and f"to make this run again, remove '{run}'" in done.stderr, done.stderr)
    put(f"{run}/config.json", "{}{}")
    check("holds 2 JSON objects, expected one" in pcil(*again, exit_code=1).stderr, "two objects")
    os.remove(f"{run}/finished")
    for name in ("checkpoint.safetensors", "checkpoint.safetensors.previous"):
        put(f"{run}/{name}", "damaged")
    done = pcil(*again, exit_code=1)
    check(f"if it cannot be gone on with, remove '{run}': it is then begun anew" in done.stderr, done.stderr)
    shutil.rmtree(run)
    pcil(*again)
    for name in (f"{run}/diverged.txt", f"{run}/begun", "rep/reproduce.txt"):
        if name.endswith("begun"):
            os.remove(f"{run}/finished")
        refused(name, *again)


def wide_metrics():
    """As many magnitudes as are looked at, and many rows: what is done for each row is not done for each magnitude."""
    fig2 = ["reproduce", "fig2", *REPRODUCE[2:], "--out", "wide"]
    pcil(*fig2)
    for name in os.listdir("wide/runs"):
        put(f"wide/runs/{name}/metrics.jsonl", '{"epoch":1,"update_magnitude":[' + "1," * 4095 + "1]}\n" + "{}\n" * 900000)
    pcil(*fig2, **within(60))
    check("| 1 / 1 / 1" in read("wide/report.md").replace(", ", " / "), "no magnitudes")


STEERS = "\x1b]0;title\a\x1b[31m\x7f\u009b31m\u0085\nfake line é日本"
PLAIN = r"\x1b]0;title\x07\x1b[31m\x7f\xc2\x9b31m\xc2\x85\x0afake line é日本"


def check_plain(text):
    steering = [character for character in text if ord(character) < 32 and character != "\n" or 127 <= ord(character) < 160]
    check(not steering, f"{steering} in {text!r}")


def with_metadata(model, copy, **values):
    """Copies a model with other texts beside its weights."""
    whole = read(model, "rb")
    (length,) = struct.unpack("<Q", whole[:8])
    header = json.loads(whole[8 : 8 + length])
    header["__metadata__"].update(values)
    for key in [key for key, value in values.items() if value is None]:
        del header["__metadata__"][key]
    text = json.dumps(header).encode()
    put(copy, struct.pack("<Q", len(text)) + text + whole[8 + length :])


def shown_names():
    """Names of a model, of files and of arguments: what steers a terminal is a number, other characters stay, much is cut."""
    if not built_with("PNG"):
        return
    pcil("data", "sheet", "--dataset", "digits", "--count", "1", "--out", "photo.png")
    shutil.copy("photo.png", f"photo {STEERS}.png")
    with_metadata("trained/model.safetensors", "named.safetensors", classes=json.dumps([STEERS, "long" * 1000] * 5))
    done = pcil("predict", "named.safetensors", f"photo {STEERS}.png", "--top", "10", "--sheet", "seen.png")
    check_plain(done.stdout)
    check(done.stdout.startswith(f"photo {PLAIN}.png: ") and done.stdout.count("\n") == 1, done.stdout)
    check(done.stdout.count(PLAIN) == 6 and " " + "long" * 25 + "... " in done.stdout, done.stdout)
    done = pcil("predict", "named.safetensors", f"photo {STEERS}.png", "--json")
    check_plain(done.stdout.replace("\x7f", ""))  # at which terminals do nothing
    names = {row["name"] for image in json.loads(done.stdout) for row in image["predicted"]}
    check(names <= {STEERS, "long" * 1000} and json.loads(done.stdout)[0]["image"] == f"photo {STEERS}.png", done.stdout)
    # Halves, longer forms and pairs of characters are none; whole ones beside them stay.
    done = subprocess.run([PCIL, b"\x9b31m \xe9 \xc3\xa9 \xed\xa0\x80 \xe0\x9b\x9b \xc0\x9b \xf4\x90\x80\x80 \xf0\x9f\x98\x80 \xc2"], capture_output=True, env=environment())
    check(rb"'\x9b31m \xe9 " + "é".encode() + rb" \xed\xa0\x80 \xe0\x9b\x9b \xc0\x9b \xf4\x90\x80\x80 " + "😀".encode() + rb" \xc2'" in done.stderr, f"{done.stderr}")
    done = pcil(STEERS, exit_code=2)
    check_plain(done.stderr)
    check(PLAIN.partition(r"\x0a")[0] + "\nfake line é日本" in done.stderr, done.stderr)


def printed():
    """Of every command that prints a name, and with --json of names that are no UTF-8, before anything is made."""
    table = [*TINY[:4], *TINY[8:], "--epochs", "1"]
    commands = [["train", *table, "--out", f"run {STEERS}"], ["train", *table, "--dry-run", "--out", f"dry {STEERS}"],
                ["eval", f"run {STEERS}/model.safetensors"], ["doctor", "--data", STEERS], ["data", "write", "--dataset", "cifar10", "--data", "set", "--format", "idx", "--out", f"made {STEERS}"],
                ["search", *table, "--vary", "learning_rate=0.01", "--table", f"table {STEERS}.csv"], [*REPRODUCE, "--out", f"again {STEERS}"]]
    sheet = ["data", "sheet", "--dataset", "cifar10", "--data", "set", "--count", "1", "--out"]
    if built_with("PNG"):
        commands += [[*sheet, f"photo {STEERS}.png"]]
    if shutil.which("gnuplot"):
        commands += [["plot", f"run {STEERS}", "--out", f"plot {STEERS}.png"]]
    for command in commands:
        done = pcil(*command, exit_code=1 if command[0] == "doctor" else 0)
        check_plain(done.stdout + done.stderr)
        check(PLAIN in done.stdout, done.stdout)
    strange = " \udcff.png"  # with a byte that is no UTF-8
    table[-1] = "2"  # a folder of trials for itself
    done = pcil("search", *table, "--vary", "learning_rate=0.01", "--table", f"table{strange}", exit_code=2)
    check(r"'table \xff.png' is not UTF-8" in done.stderr and not os.path.exists(f"table{strange}"), done.stderr)
    os.rename(f"run {STEERS}", f"run{strange}")
    strangers = [["eval", f"run{strange}/model.safetensors"], [*commands[3][:-1], strange], [*commands[4][:-1], f"made{strange}"]]
    for command in strangers + ([[*sheet, f"photo{strange}"]] if built_with("PNG") else []):
        done = pcil(*command, "--json", exit_code=1 if command[0] == "doctor" else 0)
        json.loads(done.stdout)
        check(r" \\xff.png" in done.stdout, done.stdout)


def normalisation():
    """Scale and shift that are not one number for each channel are refused, not applied to whatever pixel comes."""
    def refused_by(problem, **values):
        with_metadata("trained/model.safetensors", "scaled.safetensors", **values)
        done = pcil("eval", "scaled.safetensors", "--dataset", "cifar10", "--data", "set", exit_code=1)
        check("'scaled.safetensors': its metadata's " + problem in done.stderr, done.stderr)

    three = "[1, 1, 1]"
    for few in ("[1, 1]", "[1]", "[1, 1, 1, 1, 1, 1]"):
        refused_by(f"'scale' holds {few.count('1')} numbers, expected a list of one for each channel", scale=few, shift=few)
    for none in ("[]", "{}", "1", "nonsense", ""):
        refused_by("'shift' holds 0 numbers", scale=three, shift=none)
    refused_by("'scale' and 'shift' hold 3 and 0 numbers", scale=three, shift=None)
    refused_by("'scale' and 'shift' hold 0 and 3 numbers", scale=None, shift=three)
    refused_by("'scale' holds 1e+300 at place 1, expected a number from -1e+30 to 1e+30", scale="[1, 1e300, 1]", shift=three)
    refused_by("'shift' holds nan at place 2", scale=three, shift='[1, 1, "1"]')
    # An input of plain features does not tell its channels; the images do.
    pcil("train", *TINY[:-2], "--set", "network=3072; dense 8; relu, dense 10; softmax", "--epochs", "1", "--out", "flat")
    pcil("eval", "flat/model.safetensors")
    with_metadata("flat/model.safetensors", "scaled.safetensors", scale="[1, 1]", shift="[0, 0]")
    done = pcil("eval", "scaled.safetensors", "--dataset", "cifar10", "--data", "set", exit_code=1)
    check("'scaled.safetensors': its metadata's 'scale' holds 2 numbers, the images have 3 channels" in done.stderr, done.stderr)


def vast():
    """A model whose file is small beside what its activities take, more than the machine has: it is named."""
    batch, pixels = 64, 32 * 32
    channels = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // (4 * batch * pixels) + 1
    if channels * pixels >= 1 << 31:
        return  # no layer is as large as half a terabyte asks for
    header = {"__metadata__": {"description": f"3x32x32; conv {channels} 1x1; relu, conv 3 1x1; sigmoid", "pcil_format": "1"}}
    tensors = {"block0.conv.weight": [1, 1, 3, channels], "block0.conv.bias": [channels],
               "block1.conv.weight": [1, 1, channels, 3], "block1.conv.bias": [3]}
    size = 0
    for name, shape in tensors.items():
        begin, size = size, size + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, size]}
    text = json.dumps(header).encode()
    put("vast.safetensors", struct.pack("<Q", len(text)) + text)
    os.truncate("vast.safetensors", 8 + len(text) + size)
    for command in ("eval", "predict"):
        done = pcil(command, "vast.safetensors", "--dataset", "digits", exit_code=1)
        check("'vast.safetensors': no memory" in done.stderr, done.stderr)


def quoted():
    """Of the mark of a reproduction the first setting that differs is shown, of the message of a run one line."""
    again = [*REPRODUCE, "--out", "fresh"]
    mark = read("fresh/reproduce.txt")
    put("fresh/reproduce.txt", mark.replace("limit-train 64", "limit-train " + STEERS * 9000))
    done = pcil(*again, exit_code=2)
    check_plain(done.stderr)
    check("\nThere: limit-train " + PLAIN[:40] in done.stderr and "\nNow:   limit-train 64, limit-test" in done.stderr, done.stderr)
    check(len(done.stderr) < 700, done.stderr)
    put("fresh/reproduce.txt", mark)
    (run,) = [f"fresh/runs/{name}" for name in os.listdir("fresh/runs")][:1]
    put(f"{run}/diverged.txt", f"pcil: warning: one\npcil: the end{STEERS[:-14]}` ![](http://nowhere)" + "long" * 10000 + "\n")
    settings = json.loads(read(f"{run}/config.json"))
    put(f"{run}/config.json", json.dumps({**settings, "network": settings["network"] + STEERS}, ensure_ascii=False))
    pcil(*again, exit_code=3)
    report = read("fresh/report.md")
    check_plain(report.replace("\x7f", ""))
    (line,) = [line for line in report.splitlines() if "the end" in line]
    check(": `the end\\x1b]0;" in line and "' ![]" in line and line.endswith("...`") and len(line) < 1200 and line.count("`") == 4, line)


def links():
    """What waits where a file is to be written first, even by the process's own number, is neither followed nor waited for."""
    pcil(*REPRODUCE, "--out", "fresh")
    before = read("fresh/results.csv")
    put("victim", "kept")

    def wait_there():
        for at, plant in enumerate((lambda path: os.symlink("../victim", path), lambda path: os.link("victim", path), os.mkfifo)):
            plant(f"fresh/results.csv.{os.getpid()}-{at}.new")

    os.symlink("../victim", "fresh/results.csv.new")
    pcil(*REPRODUCE, "--out", "fresh", preexec_fn=wait_there)
    check(read("victim") == "kept", "a file was written through a link")
    check(not os.path.islink("fresh/results.csv") and read("fresh/results.csv") == before, "the table is none")
    check(len([name for name in os.listdir("fresh") if name.endswith(".new")]) == 4, f"{os.listdir('fresh')}")


def output():
    """What waits under the name of a run's output, or of its score, is replaced, not written through or waited for."""
    again = [*REPRODUCE, "--preset", "strict", "--out", "strict"]
    pcil(*again)
    (folder,) = [f"strict/runs/{name}" for name in sorted(os.listdir("strict/runs"))][:1]
    before = {name: read(f"{folder}/{name}") for name in ("output.txt", "test.json")}
    for plant in (lambda path: os.symlink(os.path.abspath("victim"), path), lambda path: os.link("victim", path), os.mkfifo):
        os.remove(f"{folder}/finished")
        put("victim", "kept")
        for name in before:
            os.remove(f"{folder}/{name}")
            plant(f"{folder}/{name}")
        pcil(*again)
        check(read("victim") == "kept", "a run's output was written through a link")
        for name in before:
            check(os.path.isfile(f"{folder}/{name}") and not os.path.islink(f"{folder}/{name}"), f"{name} is no file of the run's")
        check(read(f"{folder}/test.json") == before["test.json"], read(f"{folder}/test.json"))


def test():
    links()
    output()
    quoted()
    metrics()
    names()
    shown_names()
    printed()
    normalisation()
    vast()
    benches()
    reproduction()
    wide_metrics()


in_empty_folder(test)
