"""The twin of an organization that stands elsewhere: what a dump says of it, and the events that make the state so.

``form`` is the normalized form of a dump, ``checks`` says when a dump contradicts itself or the state, ``time_order``
takes a form apart by the moments that it tells, and the other modules compare one kind of thing each.
"""
