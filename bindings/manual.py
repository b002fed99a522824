"""Writes the manual page of the library (docs/man/libpcil.3): how to use it, and every public function in a line."""

HEAD = r""".\" Made by bindings/generate.py from the headers in include/pcil/.
.Dd November 25, 2026
.Dt LIBPCIL 3
.Os libpcil
.Sh NAME
.Nm libpcil
.Nd predictive coding networks trained by inference learning
.Sh SYNOPSIS
.In pcil.h
.Pp
.Li cc program.c $(pkg\-config \-\-cflags \-\-libs pcil)
.Sh DESCRIPTION
A network is made from a text or by calls, an inference moves its activities over a batch, an optimizer turns what they
have become into new weights; a trainer does whole runs.
What can be chosen by name, and every option with its range and default, is told by
.Xr pcil-kinds 1 .
The headers in
.Pa pcil/
say of each parameter its shape, unit and owner, of each function its errors and the threads that may call it.
.Pp
What holds everywhere:
.Bl -bullet
.It
A function that can fail returns a status, 0 if it did not, and leaves everything as it was if it did;
.Fn pcil_last_error
tells what was wrong.
.It
Arrays are contiguous, row by row, the batch first; images are
.Li [batch][height][width][channels] .
.It
A handle is used by one thread at a time, different handles by different threads at once.
.It
The caller frees every handle that a function made; to free
.Dv NULL
is fine.
.It
The library prints nothing and ends no process.
.El
"""

TAIL = r""".Sh EXAMPLES
One training step, without the checks of what the other calls return:
.Bd -literal -offset indent
pcil_network *network;
pcil_inference *inference;
pcil_optimizer *optimizer;
pcil_network_parse(&network, "2; dense 32; relu, dense 2; softmax");
pcil_inference_create(&inference, network, "sequential", 64);
pcil_optimizer_create(&optimizer, network, "mq");
if (pcil_train_step_labels(inference, optimizer, points, labels, 64,
    NULL) != PCIL_OK)
	puts(pcil_last_error());
.Ed
.Sh SEE ALSO
.Xr pcil 1 ,
.Xr pcil-kinds 1
"""


def text(line):
    """A line of text that holds no request, its dashes and backslashes themselves."""
    line = line.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + line if line[:1] in (".", "'") else line


def first_sentence(help):
    return help.split(". ")[0].rstrip(".") + "."


def entry(function):
    result = function["c"].split(function["name"])[0].strip()
    arguments = " ".join('"' + f"{p['c']}{'' if p['c'].endswith('*') else ' '}{p['name']}" + '"' for p in function["parameters"])
    return f".It Xo\n.Ft {text(result)}\n.Fn {function['name']} {arguments or 'void'}\n.Xc\n{text(first_sentence(function['help']))}\n"


def write(api):
    parts, header = [HEAD], None
    for function in api["functions"].values():
        if function["header"] != header:
            parts.append((".El\n" if header else ".Sh FUNCTIONS\n") + f".Ss {function['header']}\n.Bl -tag -width Ds\n")
            header = function["header"]
        parts.append(entry(function))
    return "".join(parts) + ".El\n" + TAIL
