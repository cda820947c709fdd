"""Installs the real stack from package registries, into a cache folder outside the tree."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

__all__ = ["collector", "kafka_libraries"]

HERE = Path(__file__).parent
BUILDER = "go.opentelemetry.io/collector/cmd/builder@v0.145.0"


def cache() -> Path:
    """Return the cache folder: ``FAUST_OTEL_E2E_CACHE``, or one under the user's caches."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("FAUST_OTEL_E2E_CACHE") or Path(caches) / "faust-otel-e2e")


def collector() -> Path:
    """Return the Collector's program, built on first use (some two minutes)."""
    manifest = HERE / "collector-builder.yaml"
    folder = _folder("collector", manifest)
    program = folder / "built" / "otelcol"
    if not program.exists():
        _run(["go", "install", BUILDER], GOBIN=str(folder))
        _run([str(folder / "builder"), f"--config={manifest}"], cwd=folder)
    return program


def kafka_libraries() -> Path:
    """Return the folder of Kafka's jars, downloaded on first use (some ten seconds)."""
    manifest = HERE / "pom.xml"
    folder = _folder("kafka", manifest)
    libraries = folder / "libs"
    if not libraries.exists():
        loading = folder / "loading"
        shutil.rmtree(loading, ignore_errors=True)
        copy = ["dependency:copy-dependencies", f"-DoutputDirectory={loading}"]
        _run(["mvn", "-q", "-B", "-f", str(manifest), *copy])
        loading.rename(libraries)
    return libraries


def _folder(name: str, manifest: Path) -> Path:
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()[:12]
    folder = cache() / f"{name}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _run(command: list[str], *, cwd: Path = HERE, **environment: str) -> None:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}")
