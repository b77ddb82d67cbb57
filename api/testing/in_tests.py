"""``InTests``: the methods of ``Simulation`` for tests of code for AWS."""

from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, cast

from .auto_advance import AutoAdvance
from .waits import Waiting


def _above(module: str) -> Any:
    """Import a module of this package when it is called for: it builds on ``Simulation``, and boto3 or the server."""
    return import_module(f"{__package__}.{module}")


class InTests:
    """Base class of ``Simulation``: boto3 and aiobotocore in process, other programs, and code that sleeps."""

    def auto_advance(self) -> AutoAdvance:
        """Let sleeps pass in simulated time within a block, ``with`` or ``async with``.

        In the block ``time.sleep``, ``asyncio.sleep``, ``trio.sleep``, ``anyio.sleep`` and the waiters of botocore move
        the simulated clock and take no real time; tasks that sleep at once sleep for the same time. It holds for the
        code within and for the tasks and threads that it starts. ``time.time`` and ``time.monotonic`` go on as ever.

        ::

            with sim.auto_advance():
                vend_account("new@example.com")  # which polls, with time.sleep(5)

        Raises:
            RuntimeError: on entering: the simulation has not begun.
        """
        return AutoAdvance(cast("Waiting", self))

    def boto3_session(
        self, account: str, role: str | None = None, *, region_name: str | None = None, passthrough: bool = False
    ) -> Any:
        """Make a ``boto3.Session`` of an account, whose clients this simulation answers in process, without a socket.

        Clients, paginators, waiters, retries and exceptions are boto3's own; waits between attempts pass in simulated
        time. Credentials of STS's AssumeRole can be used in other sessions and clients of the same simulation.

        Args:
            account: twelve digits: who calls, as a user.
            role: the name of one of the account's roles, to call as a session of it.
            region_name: for which calls are signed; by default one of the partition that the account is in.
            passthrough: let services other than ``organizations`` and ``sts`` go where they would have gone.
                By default their calls raise ``orgsim.api.testing.NotSimulated``.

        Raises:
            ModuleNotFoundError: boto3 is not installed.
            ValueError: not twelve digits, or no name of a role.
        """
        return _above("sessions").boto3_session(self, account, role, region_name, passthrough=passthrough)

    def boto3_client(
        self,
        service_name: str,
        *,
        account: str,
        role: str | None = None,
        region_name: str | None = None,
        **options: Any,
    ) -> Any:
        """Make a client of boto3, as one of ``boto3_session`` does.

        Args:
            service_name: ``organizations`` or ``sts``.
            account: twelve digits: who calls, as a user.
            role: the name of one of the account's roles, to call as a session of it.
            region_name: for which calls are signed; by default one of the partition that the account is in.
            **options: as for ``boto3.client``, such as ``config``.

        Raises:
            ModuleNotFoundError: boto3 is not installed.
            ValueError: another service, not twelve digits, or no name of a role.
        """
        return _above("sessions").boto3_client(self, service_name, account, role, region_name, options)

    def aiobotocore_session(
        self, account: str, role: str | None = None, *, region_name: str | None = None, passthrough: bool = False
    ) -> Any:
        """Make an ``aiobotocore.session.AioSession`` of an account, for asyncio and trio; see ``boto3_session``.

        Raises:
            ModuleNotFoundError: aiobotocore is not installed.
            ValueError: not twelve digits, or no name of a role.
        """
        return _above("sessions").aiobotocore_session(self, account, role, region_name, passthrough=passthrough)

    def environment(self, account: str, role: str | None = None) -> AbstractContextManager[dict[str, str]]:
        """Serve this simulation on a free port of the loopback interface, in a thread, while a block runs.

        What ``as`` gives is the environment of a program that is to call it: this process's, with AWS's variables
        replaced. ::

            with sim.environment("111111111111") as environment:
                subprocess.run(["aws", "organizations", "create-organization"], env=environment)

        Args:
            account: twelve digits: who calls, as a user.
            role: the name of one of the account's roles, to call as a session of it.

        Raises:
            ValueError: not twelve digits, or no name of a role.
            NeedsEventLoop: on entering: the world has a log and runs in an event loop: ``async with serve(sim)`` there.
        """
        return _above("server").environment(self, account, role)
