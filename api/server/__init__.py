"""orgsim over HTTP: AWS Organizations as AWS JSON 1.1, a little STS, and a control plane, on one port.

``orgsim serve`` runs it; ``embed.serve`` runs it around a ``Simulation`` in one's own process. Its manual is
``docs/server.md``. The path of a request: ``accepting`` (connections) → ``protocol`` (uvicorn's, with limits) → ``app``
→ ``worlds`` (which one) → ``services`` (of that world) → ``organizations``, ``sts`` or ``control``. ``hosts`` turns
away requests from other people's web pages; ``identity`` tells who is calling, under ``--auth verify`` together with
``verify``.
"""
