"""The fault matrix: every fault, at every position of a reply, on every wire, with one healthy backend left.

`cases.py` lists the cases, `asking.py` asks the real engine (in this process), `verdict.py` says what was wrong.
benchmarks/faults.py runs all of them, tests/routing/test_fault_matrix.py a sample.
"""
