"""orgsim over HTTP: AWS Organizations as AWS JSON 1.1, a little STS, and a control plane, on one port.

``orgsim serve`` runs it; ``embed.serve`` runs it around a ``Simulation`` in one's own process. Its manual is
``docs/server.md``. A request travels: ``accepting`` (who is let in) → ``protocol`` (uvicorn's, with limits) → ``app``
(which service is asked) → ``organizations``, ``sts`` or ``control``. Whether it comes from a client or from somebody's
web page is told by ``hosts``; who is calling is found out by ``identity``, under ``--auth verify`` by ``verify``.
"""
