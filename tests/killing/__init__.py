"""`kill -9` of docmind in mid-answer, again and again, and what is found of the answer each time.

`home.py` is where that happens, `striking.py` kills and comes back, `verdict.py` says what was wrong.
benchmarks/kills.py does it 200 times, tests/tui/test_killed_on_a_terminal.py a few times.
"""
