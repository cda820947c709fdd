"""Who reports: the resource of pipelines this package builds."""

from __future__ import annotations

from functools import cache
from uuid import uuid4

from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, Resource

__all__ = ["worker_resource"]


def worker_resource(app_id: str | None, *, pid: int) -> Resource:
    """Return the resource the environment describes; what it leaves out, we fill in.

    ``service.name`` falls back to the app's id, ``service.instance.id`` to an identifier that
    stays the same for the life of the process `pid`.
    """
    given = Resource.create()
    missing: dict[str, str] = {}
    if app_id and str(given.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        missing[SERVICE_NAME] = app_id
    if SERVICE_INSTANCE_ID not in given.attributes:
        missing[SERVICE_INSTANCE_ID] = _instance_id(pid)
    return given.merge(Resource(missing))


@cache
def _instance_id(_pid: int) -> str:
    return str(uuid4())
