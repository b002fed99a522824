"""How a run goes on, in one line: in a notebook under the cell, elsewhere on standard error."""

import math
import sys
import time


def in_notebook():
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


class Progress:
    """A watch callback: `trainer.watch(pcil.Progress())`. Each evaluation leaves a line; the last line moves."""

    def __init__(self, every=0.2, stream=None):
        self.every, self.stream, self.shown, self.lines = every, stream or sys.stderr, 0.0, []
        self.display = None
        if in_notebook():
            from IPython.display import display

            self.display = display({"text/plain": ""}, raw=True, display_id=True)

    def line(self, trainer):
        values = {name: trainer.value(name) for name in ("epoch", "epochs", "batch", "batches", "batch_loss", "samples_per_second")}
        done = (values["epoch"] - 1 + values["batch"] / max(values["batches"], 1)) / max(values["epochs"], 1)
        bar = "#" * int(20 * done)
        return (f"[{bar:20}] epoch {values['epoch']:.0f} of {values['epochs']:.0f}, loss {values['batch_loss']:.4g}, "
                f"{values['samples_per_second']:.0f} samples/s")  # fmt: skip

    def evaluation(self, trainer):
        names = {"train_loss": "training loss", "test_loss": "test loss", "test_accuracy": "test accuracy"}
        found = [(text, trainer.value(name)) for name, text in names.items()]
        return f"epoch {trainer.value('epoch'):.0f}: " + ", ".join(f"{text} {value:.4g}" for text, value in found if not math.isnan(value))

    def __call__(self, trainer, event):
        if event.name == "EVALUATION":
            self.lines.append(self.evaluation(trainer))
        elif time.monotonic() - self.shown < self.every:
            return
        self.shown = time.monotonic()
        self.show(self.line(trainer), event.name == "EVALUATION")

    def show(self, line, ended):
        if self.display:
            self.display.update({"text/plain": "\n".join([*self.lines, line])}, raw=True)
        elif self.stream.isatty():
            self.stream.write("\r\x1b[K" + (self.lines[-1] + "\n" if ended else "") + line)
            self.stream.flush()
        elif ended:
            print(self.lines[-1], file=self.stream, flush=True)
