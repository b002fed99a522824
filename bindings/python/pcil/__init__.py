"""
Predictive-coding networks from Python: libpcil with numpy arrays, used in place.

The names are those of the C library without `pcil_`: `pcil_network_parse` is `Network.parse`, `pcil_train_step_labels` is
`Inference.train_step_labels`, `pcil_kind_name` is `kind_name`. Results are returned; failures are raised as `Error`.
"""

from . import _interface
from ._interface import Error, Handle
from .progress import Progress

globals().update({made.__name__: made for made in _interface.classes.values()})
globals().update({made.__name__: made for made in _interface.enumerations.values()})
globals().update({made.__name__: made for made in _interface.errors.values()})
globals().update(_interface.functions)
__all__ = [
    "Error",
    "Handle",
    "Progress",
    *[made.__name__ for kind in (_interface.classes, _interface.enumerations, _interface.errors) for made in kind.values()],
    *_interface.functions,
]
