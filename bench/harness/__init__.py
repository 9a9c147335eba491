"""The parts of bench/run and bench/compare. Standard library only.

place.py     the directory a run works in: keys, audiences, configurations
service.py   pushsim, and its own account of what a client says it sent
clients.py   herald, h2load and the peers: each run once, checked, its cost returned
peers.py     which clients can be had here, and their table
bars.py      what a bar is: its must, its aim, the verdict
groups.py    cases that take turns, and the bars that are ratios of them
alone.py     bars that no other client is measured beside: memory, start, build
machine.py   where it was measured
statistics.py, tables.py   what is made of the figures
"""
