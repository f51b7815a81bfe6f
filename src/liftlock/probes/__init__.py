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
"""
