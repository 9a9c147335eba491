"""Where and from what something was measured."""

import datetime
import os
import platform
import re
import subprocess

from harness.place import TOP


def first_match(path, pattern):
    try:
        found = re.search(pattern, open(path).read(), re.MULTILINE)
    except OSError:
        return None
    return found.group(1).strip() if found else None


def said_by(*command):
    try:
        done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def from_cache(programs, name):
    """A variable of the CMake build that made the programs."""
    return first_match(programs.parent / "CMakeCache.txt", rf"^{name}(?::\w+)?=(.*)$")


def compiler(programs):
    path = from_cache(programs, "CMAKE_CXX_COMPILER") or "c++"
    said = said_by(path, "--version")
    return said.splitlines()[0] if said else path


def describe(programs):
    memory_kib = int(first_match("/proc/meminfo", r"^MemTotal:\s+(\d+)") or 0)
    tls = said_by("openssl", "version")
    return {
        "cpu": first_match("/proc/cpuinfo", r"^model name\s*:\s*(.*)$") or platform.processor(),
        "cpu_family": first_match("/proc/cpuinfo", r"^cpu family\s*:\s*(.*)$"),
        "cpu_model": first_match("/proc/cpuinfo", r"^model\s*:\s*(.*)$"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory_kib / (1 << 20), 1),
        "kernel": platform.release(),
        "system": first_match("/etc/os-release", r'^PRETTY_NAME="?(.*?)"?$'),
        "congestion_control": first_match("/proc/sys/net/ipv4/tcp_congestion_control", r"(.*)"),
        "huge_pages": first_match("/sys/kernel/mm/transparent_hugepage/enabled", r"\[(\w+)\]"),
        "compiler": compiler(programs),
        "build_type": from_cache(programs, "CMAKE_BUILD_TYPE"),
        "openssl": tls,
        "commit": said_by("git", "rev-parse", "HEAD"),
        "dirty": bool(said_by("git", "status", "--porcelain")),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "load_before": os.getloadavg()[0],
    }


def in_words(machine):
    commit = (machine["commit"] or "no commit")[:12] + (" with changes" if machine["dirty"] else "")
    return (f"{machine['cpu']} (family {machine['cpu_family']}, model {machine['cpu_model']}), "
            f"{machine['cores']} cores, {machine['memory_gib']} GiB, Linux {machine['kernel']}, "
            f"{machine['congestion_control']}\n"
            f"{machine['compiler']}, {machine['build_type']}, {machine['openssl']}\n"
            f"commit {commit}, {machine['date']}, load before {machine['load_before']:.1f}")
