"""What users feel: a prober that trusts nothing of ours.

A process of its own (`python -m liftlock.probes`): it imports the standard library, PyYAML and
`liftlock.errors`, and nothing else, so that no fault of the orchestrator can hide behind a shared one.

    clouds_file   who we are, from `clouds.yaml`
    wire          one request over one connection, no retries
    judge         what was asked, what was expected, what came
    caller        asks, judges, logs
    identity      token and catalogue
    kinds         the kinds of object, as a table
    ledger        every object made, and what must be true of it now
    reads writes  the two sorts of work; `clearing` and `fixtures` around them
    pace          an open-loop schedule and the clients that keep it
    summary       log lines to numbers (pure); `retries` does so for the balancer's counters
    run           the whole run

What its project's quota must leave free, with `--keep K` (1 unless told): 2 servers, K+1 volumes of 1 GiB,
K+1 stacks, 2K+3 networks, K+2 subnets, 3 ports; and, which has no quota, K+2 images and (for an
administrator) K+1 projects and a flavor. A project of its own keeps tenants' quota and its own apart.

Limits, said here so that nobody is fooled: of a host's several addresses only the first is tried; a server
that closes a kept connection in the very instant in which we send on it is told as a cut connection, as
every user would see it; objects of tenants that their owners change during a run are told as changed
(`--no-witnesses` if others work in the project).
"""
