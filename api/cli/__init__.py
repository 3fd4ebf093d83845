"""The ``drugcheck`` command: ``main`` joins the groups, one module each."""
