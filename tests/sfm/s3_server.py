"""A server on this machine that speaks S3, for tests of what lies in object stores."""

import logging
import os
from collections.abc import Generator
from contextlib import contextmanager

import pytest


@contextmanager
def s3_server() -> Generator[str]:
    """The address of an empty bucket; the environment of this process, and of those it starts, leads there."""
    moto_server = pytest.importorskip("moto.server", reason="no local S3 server: pip install 'cinetraj[dev]'")
    fsspec = pytest.importorskip("fsspec")
    pytest.importorskip("s3fs", reason="no S3 client: pip install 'cinetraj[s3]'")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        for name, value in (("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x"), ("DEFAULT_REGION", "us-east-1")):
            patch.setenv(f"AWS_{name}", value)
        patch.setenv("NO_PROXY", ",".join(filter(None, (os.environ.get("NO_PROXY"), host))))
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        fsspec.filesystem("s3").mkdir("runs-of-tests")
        yield "s3://runs-of-tests"
        fsspec.get_filesystem_class("s3").clear_instance_cache()
    server.stop()
