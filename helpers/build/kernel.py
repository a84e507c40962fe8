"""A chapter's kernel, forked from its step: the libraries that the step found loaded are not imported again."""

import atexit
import json
import os
import signal
import sys
import time
import traceback
from importlib.metadata import EntryPoint
from threading import Thread
from typing import Any

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

NAME = "series-forked"
WAITED_FOR = 0.05
"""Seconds between two looks at a kernel that has been told to end."""


class Forked:
    """A process that waits to become a kernel; what `LocalProvisioner` asks of a `subprocess.Popen`.

    It is forked before this process has an event loop, a socket or a thread, none of which would survive it.
    """

    stdin = stdout = stderr = None

    def __init__(self) -> None:
        read, self._write = os.pipe()
        self.returncode: int | None = None
        step = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._write)
            _wait_and_serve(read, step)
        os.close(read)

    def become(self, cmd: list[str], env: dict[str, str], cwd: str | None) -> None:
        """Run the kernel that a command line of `ipykernel_launcher` names."""
        told = {"arguments": cmd[cmd.index("ipykernel_launcher") + 1 :], "env": env, "cwd": cwd}
        with os.fdopen(self._write, "w", encoding="utf-8") as stream:
            json.dump(told, stream)

    def poll(self) -> int | None:
        """Return how it ended as `subprocess` does, the signal negated; None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self) -> int:
        """Wait for its end and return how it ended."""
        while self.poll() is None:
            time.sleep(WAITED_FOR)
        return self.returncode or 0

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class ForkedProvisioner(LocalProvisioner):
    """Starts the kernel that is waiting, and an ordinary one where it has been used."""

    waiting: Forked | None = None

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        """Start a kernel with a command; return its connection."""
        forked, ForkedProvisioner.waiting = ForkedProvisioner.waiting, None
        if forked is None or "ipykernel_launcher" not in cmd or forked.poll() is not None:
            return await super().launch_kernel(cmd, **options)
        forked.become(cmd, options.get("env", dict(os.environ)), options.get("cwd"))
        self.process, self.pid, self.pgid = forked, forked.pid, forked.pid
        self.cwd = options.get("cwd")
        return self.connection_info


def fork_a_kernel() -> None:
    """Fork the process that the next notebook's kernel will be, where forking is safe (Linux)."""
    if sys.platform != "linux":
        return
    ForkedProvisioner.waiting = Forked()
    factory = KernelProvisionerFactory.instance()
    place = f"{__name__}:{ForkedProvisioner.__name__}"
    factory.provisioners[NAME] = EntryPoint(NAME, place, KernelProvisionerFactory.GROUP_NAME)
    factory.default_provisioner_name = NAME


def _end_with(step: int) -> None:
    """End this process once its parent is not the step any more, whoever takes in what has lost its parent."""
    while os.getppid() == step:
        time.sleep(1)
    os._exit(1)


def _wait_and_serve(read: int, step: int) -> None:
    """Wait for what to run, serve as its kernel, and end this process; its parent's end is its own."""
    code = 1
    try:
        os.setsid()  # a signal to the step reaches the step alone, which then shuts its kernel down
        with os.fdopen(read, encoding="utf-8") as stream:
            told = json.loads(stream.read() or "null")
        if told is not None:
            os.environ.clear()
            os.environ.update(told["env"])
            os.chdir(told["cwd"] or ".")
            # ipykernel looks too, but takes a step that ended while the kernel started for one that never was
            Thread(target=_end_with, args=(step,), daemon=True).start()
            from ipykernel.kernelapp import IPKernelApp

            # from the environment it would have read that on import
            IPKernelApp.launch_instance(argv=[*told["arguments"], f"--IPKernelApp.parent_handle={step}"])
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)
