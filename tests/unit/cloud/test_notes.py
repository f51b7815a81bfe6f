"""Notes that matter: tied by what they name and what the cloud has, and by nothing else. The notes are made up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock.cloud.notes import Note, Usage, matter, ties
from liftlock.knowledge.release_facts import facts_of

NOVA = "[DEFAULT]\nhost = a\ngraceful_shutdown_timeout = 30\n[placement]\nregion_name = x\n"
UWSGI = "[uwsgi]\nmodule = nova.wsgi.osapi_compute\nhttp-chunked-input = true\n"
USAGE = Usage(
    service="nova",
    texts={"/etc/nova/nova.conf": NOVA, "/etc/nova/uwsgi.ini": UWSGI},
    parts=frozenset({"nova-api", "nova-scheduler"}),
    old=facts_of("2025.1"),
    new=facts_of("2026.1"),
    pythons=frozenset({(3, 11)}),
    on_the_bus=True,
)
SET = "[DEFAULT] graceful_shutdown_timeout is set in /etc/nova/nova.conf"


def told(text: str, section: str = "upgrade", usage: Usage = USAGE) -> list[str]:
    return [str(tie) for tie in ties(Note(usage.service, "n.yaml", section, text), usage)]


@pytest.mark.parametrize(
    "spelled",
    [
        "``[DEFAULT] graceful_shutdown_timeout``",
        "``[DEFAULT]/graceful_shutdown_timeout``",
        "``[DEFAULT]graceful_shutdown_timeout``",
        "``graceful_shutdown_timeout``",
        "`graceful_shutdown_timeout`",
    ],
)
def test_an_option_that_is_set_ties_a_note_however_it_is_spelled(spelled: str) -> None:
    assert told(f"The option {spelled} waits\nlonger.") == [SET]


def test_an_option_that_is_not_set_ties_nothing_unless_its_default_changes() -> None:
    assert told("``[quota] instances`` counts otherwise.") == []
    assert told("``[DEFAULT] sync_power_state_pool_size`` is smaller.") == [
        "[DEFAULT] sync_power_state_pool_size is not set: 1000 becomes 5"
    ]


def test_a_bare_word_means_the_sections_that_the_note_names() -> None:
    text = "Set ``region_name`` in the ``[{}]`` section"
    assert told(text.format("placement")) == ["[placement] region_name is set in /etc/nova/nova.conf"]
    assert told(text.format("glance")) == []


def test_what_is_recommended_instead_ties_nothing() -> None:
    assert told("``xvp_proxy`` is gone. Use ``graceful_shutdown_timeout`` instead.") == []


def test_what_is_only_a_possibility_ties_no_program() -> None:
    assert told("The nova-scheduler now runs in threads.") == ["nova-scheduler runs"]
    assert told("The nova-scheduler can now be run in threads.", "features") == []
    assert told("The nova-scheduler runs in threads; this is experimental.") == []
    assert told("The nova-scheduler is faster.", "features") == []
    assert told("The default mode of nova-scheduler is switched.", "features") == ["nova-scheduler runs"]
    assert told("The my-nova-scheduler-x is gone.") == []


def test_a_script_ties_where_a_file_names_its_path() -> None:
    text = "The WSGI scripts ``nova-api`` and ``nova-api-wsgi`` have been removed. Use the module instead."
    assert told(text) == []
    by_script = {**USAGE.texts, "/etc/nova/uwsgi.ini": "[uwsgi]\nwsgi-file = /opt/x/bin/nova-api-wsgi\n"}
    assert told(text, usage=replace(USAGE, texts=by_script)) == ["the script nova-api-wsgi is used"]


def test_a_rule_ties_where_its_default_changes_or_a_file_sets_it() -> None:
    changed = "os_compute_api:os-server-external-events:create"
    assert told(f"* {changed}") == [f"{changed} is not set, and its default changes"]
    own = replace(USAGE, texts={**USAGE.texts, "/etc/nova/policy.yaml": f'"{changed}": "!"\n'})
    assert told(f"* {changed}", usage=own) == [f"{changed} is set in a policy file"]
    assert told("* os_compute_api:servers:index") == []


def test_a_section_that_is_wanted_and_missing_ties() -> None:
    assert told("Configure a dedicated\n``[glance]`` section.") == [
        "no file of nova has the section [glance]"
    ]
    assert told("Configure the ``[placement]`` section.") == []


def test_settings_of_what_serves_it_tie() -> None:
    assert told("Enable ``http-chunked-input``.", "features") == [
        "http-chunked-input is set in /etc/nova/uwsgi.ini"
    ]
    django = Usage(
        "horizon",
        {"/etc/h/local_settings.py": "if True:\nDEBUG = 1\n"},
        frozenset({"horizon"}),
        USAGE.old,
        USAGE.new,
    )
    assert told("``DEBUG`` is gone.", usage=django) == ["DEBUG is set in /etc/h/local_settings.py"]


def test_versions_of_calls_tables_and_pythons_tie() -> None:
    assert told("The RPC API version has been bumped.") == [
        "parts of nova call each other through the broker"
    ]
    assert told("The RPC API version has been bumped.", "features") == []
    assert told("The RPC API version has been bumped.", usage=replace(USAGE, on_the_bus=False)) == []
    assert told("The tag table has another collation.") == ["a table of nova gets another character set"]
    assert told("Now Python 3.12 is the minimum version.") == ["a host has Python 3.11"]
    assert told("Now Python 3.10 is the minimum version.") == []


def test_a_service_that_does_not_run_has_no_notes_nor_has_what_only_the_old_release_says() -> None:
    text = "``graceful_shutdown_timeout``"
    assert told(text, usage=replace(USAGE, parts=frozenset())) == []
    assert told(text, "only in the older release") == []


def test_a_section_that_names_nothing_goes_with_its_file() -> None:
    notes = [
        Note("nova", "a.yaml", "upgrade", "``graceful_shutdown_timeout``"),
        Note("nova", "a.yaml", "features", "All of this is new."),
        Note("nova", "a.yaml", "features", "But ``other_thing`` is not."),
        Note("nova", "a.yaml", "fixes", "Mended."),
        Note("nova", "b.yaml", "features", "Nothing."),
        Note("swift", "a.yaml", "upgrade", "``graceful_shutdown_timeout``"),
    ]
    found = list(matter(notes, {"nova": USAGE}))
    assert [note for note, _ in found] == notes[:2]
    assert {str(tie) for _, told in found for tie in told} == {SET}


def test_what_only_mends_or_announces_asks_nothing() -> None:
    assert told("``graceful_shutdown_timeout``", "fixes") == []
    assert told("``graceful_shutdown_timeout``", "prelude") == []


def test_an_option_is_known_by_its_name_in_prose_and_under_a_wrong_section() -> None:
    assert told("It needs graceful_shutdown_timeout now.") == [SET]
    assert told("``[compute] graceful_shutdown_timeout``") == [SET]


def test_a_setting_that_is_demanded_and_missing_ties() -> None:
    text = "It is mandatory to define ``start-time=%t`` in the uWSGI file."
    assert told(text) == ["start-time is not set in /etc/nova/uwsgi.ini"]
    assert told("``[uwsgi]start-time=%t`` is required.") == ["start-time is not set in /etc/nova/uwsgi.ini"]
    assert told("Now ``http-chunked-input=true`` is required in the uWSGI file.") == []
    assert told("One may set ``start-time=%t`` in the uWSGI file.") == []


def test_a_program_that_has_to_run_and_roles_in_general_tie() -> None:
    assert told("Added a new process called ``neutron-periodic-workers``.", "features") == [
        "neutron-periodic-workers has to run"
    ]
    assert told("Added a new process called ``nobody-knows``.", "features") == []
    (one,) = told("RBAC policies support the MANAGER role.", "features")
    assert one.endswith("rules that may be set in policy files change their default")
    assert told("The MANAGER role is nice.", "features") == []


RULE = "os_compute_api:os-server-external-events:create"


def matching(*notes: Note, usage: Usage = USAGE) -> list[str]:
    """Sections of those that matter."""
    return [note.section for note, _ in matter(notes, {usage.service: usage})]


def test_what_is_for_those_who_set_rules_otherwise_matters_to_them_alone() -> None:
    notes = (
        Note("nova", "a.yaml", "upgrade", f"If you override ``{RULE}``, change it."),
        Note("nova", "a.yaml", "security", f"``{RULE}`` was too wide."),
        Note("nova", "b.yaml", "security", f"``{RULE}`` was too wide."),
    )
    assert matching(*notes[:2]) == []
    assert matching(*notes) == ["security"]
    own = replace(USAGE, texts={**USAGE.texts, "/etc/nova/policy.yaml": f'"{RULE}": "!"\n'})
    assert matching(*notes, usage=own) == ["upgrade", "security", "security"]


def test_a_new_persona_concerns_also_those_who_set_no_rule() -> None:
    text = f"The project_manager persona has the ``manager`` role: ``{RULE}``."
    override = Note("nova", "a.yaml", "upgrade", "If you have overridden policies, add the new ones.")
    assert matching(Note("nova", "a.yaml", "features", text), override) == ["features"]


def test_a_note_whose_title_names_a_service_that_is_not_here_is_about_that_one() -> None:
    text = "``graceful_shutdown_timeout``"
    assert matching(Note("nova", "remove-sahara-1f2e.yaml", "upgrade", text)) == []
    assert matching(Note("nova", "nova-timeouts-1f2e.yaml", "upgrade", text)) == ["upgrade"]
    assert matching(Note("nova", "saharan-1f2e.yaml", "upgrade", f"as in sahara: {text}")) == ["upgrade"]


def test_a_note_about_a_driver_matters_where_a_hypervisor_is_of_it() -> None:
    text = "The `nova-compute` service needs libvirt 10.0.0."
    computes = replace(USAGE, parts=frozenset({"nova-compute"}))
    assert told(text, usage=computes) == ["nova-compute runs"]
    assert told(text, usage=replace(computes, hypervisors=frozenset({"fake"}))) == []
    assert told(text, usage=replace(computes, hypervisors=frozenset({"fake", "QEMU"}))) == [
        "nova-compute runs"
    ]


def test_a_default_of_what_is_deprecated_and_not_set_concerns_nobody() -> None:
    text = "``[DEFAULT] sync_power_state_pool_size`` is deprecated."
    assert told(text, "deprecations") == []
    assert told("``graceful_shutdown_timeout`` is deprecated.", "deprecations") == [SET]


def test_what_is_refused_from_now_on_matters_to_whoever_uses_the_service_and_so_does_all_of_its_file() -> (
    None
):
    notes = (
        Note("nova", "a.yaml", "upgrade", "It will not be possible to make more than 50."),
        Note("nova", "a.yaml", "features", "The new ``[quota] most_of_all`` limits it."),
        Note("nova", "a.yaml", "fixes", "Too many could be made."),
        Note("nova", "b.yaml", "features", "It will not be possible to make more than 50."),
    )
    assert matching(*notes) == ["upgrade", "features"]
    assert told(notes[0].text) == ["whoever uses it may meet this: “will not be possible”"]


def test_versions_of_calls_say_nothing_about_the_rest_of_their_file() -> None:
    notes = (
        Note("nova", "a.yaml", "upgrade", "The RPC API version has been bumped."),
        Note("nova", "a.yaml", "features", "All of this is new."),
    )
    assert matching(*notes) == ["upgrade"]
