"""The directory a run works in: keys made for it, audiences, bodies and configurations."""

import json
import os
import pathlib
import shutil
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
PROJECT = "1234567890"
MARK = "made-by-herald-bench"

# Everything on, as users have it: what is not named here has its default.
CONFIG = """data_dir = "{data_dir}"
[endpoint]
url = "https://127.0.0.1:{port}"
ca_file = "keys/tls.crt"
max_connections = 16
[engine]
memory = "{memory}"
ingest_threads = {ingest_threads}
sender_threads = {sender_threads}
[ledger]
durability = "{durability}"
[[app]]
name = "bench"
package = "com.example.bench"
project_id = "{project}"
key_file = "keys/service-account.json"
marketing_per_day = 15
rate = 10000000
"""
PAYLOAD = {"notification": {"category": "MARKETING", "title": "Sale", "body": "Half price",
                            "clickAction": {"actionType": 0}}}


def token(number):
    """115 characters, as the service's are; every one another."""
    return f"IQAAAACy0t{number:0105d}"


def cores():
    """(client's, server's) prefixes of a command; empty where there is but one core."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return [], []
    return ["taskset", "-c", str(allowed[0])], ["taskset", "-c", str(allowed[1])]


class Place:
    def __init__(self, directory, programs):
        self.directory = directory.resolve()
        self.programs = programs.resolve()
        self.client_core, self.server_core = cores()
        self._make_directory()
        subprocess.run([self.programs / "pushsim", "keygen", self.directory / "keys",
                        "--project", PROJECT], check=True, stdout=subprocess.DEVNULL)

    def _make_directory(self):
        if self.directory.exists() and any(self.directory.iterdir()):
            if not (self.directory / MARK).exists():
                raise SystemExit(f"{self.directory} has files that are not of bench/run: "
                                 "give another --dir")
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / MARK).touch()
        for old in ("keys", "data"):
            shutil.rmtree(self.directory / old, ignore_errors=True)

    def file(self, name):
        return self.directory / name

    def program(self, name):
        """Its path, or nothing where it was not built."""
        path = self.programs / name
        return path if path.exists() else None

    def audience(self, records):
        """A file of so many distinct tokens, a line each; made once."""
        path = self.file(f"audience-{records}.txt")
        if not path.exists():
            unfinished = path.with_suffix(".part")
            with unfinished.open("w") as out:
                for first in range(0, records, 10000):
                    last = min(first + 10000, records)
                    out.write("\n".join(map(token, range(first, last))) + "\n")
            unfinished.rename(path)
        return path

    def body(self, tokens):
        """A request's body, ready to send: the same bytes as herald's."""
        path = self.file(f"body-{tokens}.json")
        path.write_text(json.dumps(
            {"payload": PAYLOAD, "target": {"token": [token(i) for i in range(tokens)]},
             "pushOptions": {"biTag": "bench-1"}}, separators=(",", ":")))
        return path

    def config(self, port, *, name="herald", data_dir="data", memory="256MiB", durability="sync",
               threads=1):
        path = self.file(f"{name}.toml")
        path.write_text(CONFIG.format(
            data_dir=data_dir, port=port, memory=memory, durability=durability, project=PROJECT,
            ingest_threads=threads, sender_threads=threads))
        return path

    def job(self, audience, name="bench"):
        path = self.file(f"{name}.json")
        path.write_text(json.dumps({"id": name, "app": "bench", "pushType": 0, "payload": PAYLOAD,
                                    "audience": {"file": audience.name}}))
        return path
