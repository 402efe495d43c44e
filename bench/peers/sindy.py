"""PySINDy on the very tables of the recovery benchmark.

Usage: python sindy.py tasks.json answers.json

Every task carries its table, its library as Python expressions and the terms of the law. PySINDy gets the flattened
library: a column for each value of each grid. Where the law is about 1/f or log f it is given that transform. For every
setting it is recorded whether the answer (for methods that walk a path: any step of it) has exactly the terms of the law;
the choice among steps, which a user would have to make, is made by an oracle.
"""

import json
import os
import platform
import sys
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy
import pysindy
import scipy
import sklearn

THRESHOLDS = [0.01, 0.05, 0.1, 0.2, 0.5, 1.0]
# One term is dropped at a time, with a solve each: beyond this many columns a single table takes many seconds.
SSR_COLUMNS = 60
FROLS_STEPS = 6

STLSQ = [
    lambda threshold=threshold, normalised=normalised: pysindy.STLSQ(threshold=threshold, normalize_columns=normalised)
    for threshold in THRESHOLDS
    for normalised in (False, True)
]
FROLS = [
    lambda alpha=alpha, normalised=normalised: pysindy.FROLS(max_iter=FROLS_STEPS, alpha=alpha, normalize_columns=normalised)
    for alpha in (0.0, 0.05)
    for normalised in (False, True)
]


def ssr(columns):
    return [
        lambda criteria=criteria, normalised=normalised: pysindy.SSR(
            criteria=criteria, normalize_columns=normalised, max_iter=columns
        )
        for criteria in ("coefficient_value", "model_residual")
        for normalised in (False, True)
    ]


def supports(optimizer, path):
    """The sets of terms that an optimizer offers: its answer, or every step of its path."""
    steps = optimizer.history_ if path else [optimizer.coef_]
    return [frozenset(numpy.flatnonzero(numpy.ravel(step)).tolist()) for step in steps]


def attempt(makers, theta, target, truth, path):
    """Processor seconds for all settings together, and which of them have exactly the terms of the law."""
    started = time.process_time()
    right = []
    for index, make in enumerate(makers):
        optimizer = make()
        try:
            optimizer.fit(theta, target.reshape(-1, 1))
        except Exception:  # a setting that fails is a setting that does not find the law
            continue
        if truth in supports(optimizer, path):
            right.append(index)
    return {"right": right, "seconds": round(time.process_time() - started, 4)}


def answer(task):
    columns = {name: numpy.array(values) for name, values in task["columns"].items()}
    names = {"sin": numpy.sin, "cos": numpy.cos, "exp": numpy.exp, "log": numpy.log, **columns}
    rows = len(columns["f"])
    with numpy.errstate(all="ignore"):
        library = [numpy.broadcast_to(eval(term, {"__builtins__": {}}, names), rows).astype(float) for term in task["library"]]
    usable = [index for index, values in enumerate(library) if numpy.isfinite(values).all()]
    theta = numpy.column_stack([library[index] for index in usable])
    f = columns["f"]
    target = {"identity": f, "reciprocal": 1 / f, "log": numpy.log(numpy.abs(f))}[task["transform"]]
    truth = frozenset(usable.index(index) for index in task["law"])
    methods = {"stlsq": attempt(STLSQ, theta, target, truth, False), "frols": attempt(FROLS, theta, target, truth, True)}
    if theta.shape[1] <= SSR_COLUMNS:
        methods["ssr"] = attempt(ssr(theta.shape[1]), theta, target, truth, True)
    return {"id": task["id"], "columns": theta.shape[1], "methods": methods}


def main():
    warnings.filterwarnings("ignore")
    with open(sys.argv[1], encoding="utf-8") as file:
        tasks = json.load(file)
    answers = [answer(task) for task in tasks]
    document = {
        "peer": "PySINDy",
        "versions": {
            "pysindy": pysindy.__version__,
            "numpy": numpy.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
            "python": platform.python_version(),
        },
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, one thread",
        "settings": {
            "stlsq": {"threshold": THRESHOLDS, "normalize_columns": [False, True]},
            "frols": {
                "max_iter": FROLS_STEPS,
                "alpha": [0.0, 0.05],
                "normalize_columns": [False, True],
                "oracle": "any step of the path",
            },
            "ssr": {
                "criteria": ["coefficient_value", "model_residual"],
                "normalize_columns": [False, True],
                "oracle": "any step of the path",
                "only_up_to_columns": SSR_COLUMNS,
            },
        },
        "answers": answers,
    }
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(document, file)


if __name__ == "__main__":
    main()
