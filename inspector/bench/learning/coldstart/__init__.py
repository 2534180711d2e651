"""What a model of good parts alone is worth on real parts: what it finds and where, how soon it is there, its price."""

from inspector.bench.learning.coldstart.build import WITHIN_S, build
from inspector.bench.learning.coldstart.cookies import cookies
from inspector.bench.learning.coldstart.eight_bits import eight_bits
from inspector.bench.learning.coldstart.invoke import invoke
from inspector.bench.learning.coldstart.methods import methods
from inspector.bench.learning.coldstart.poisoning import poisoning
from inspector.bench.learning.coldstart.resolution import resolution
from inspector.bench.learning.coldstart.turned import turned
from inspector.bench.learning.coldstart.unseen import unseen, unseen_with_defects

__all__ = [
    "WITHIN_S",
    "build",
    "cookies",
    "eight_bits",
    "invoke",
    "methods",
    "poisoning",
    "resolution",
    "turned",
    "unseen",
    "unseen_with_defects",
]
