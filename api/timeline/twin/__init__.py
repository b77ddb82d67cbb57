"""The twin of an organization: dumps read from AWS, from folders and from Terraform, brought into a log, and written.

``calls`` says which questions make a dump, and ``walk`` asks them one after another: of AWS (``live``), of a log
(``recorded``), or of files (``folder``). What they answer becomes the normalized form of ``engine/twin/form`` in
``normalize``; ``terraform_state`` makes the same of Terraform's state. ``importing`` brings a form into a log,
``drift`` compares it with one, and ``terraform_config`` writes it as a configuration.
"""
