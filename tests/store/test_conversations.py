"""Conversations: what is stored comes back, only to its owner, valid after a crash at any point."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from netguru.errors import InputError, UnknownNameError
from netguru.model.evidence import Evidence
from netguru.store import conversations, database, location
from netguru.store.conversation_results import AnswerState, Citation, ToolRun

EVIDENCE = Evidence(source="configs/r1.cfg", sha256="0" * 64, kind="line", start=3, end=3, text=" ip mtu 1400")
TOOLS = (
    ToolRun(call="1", name="diagnosis.run", arguments={"path": "lab"}, state="done", summary="16 findings"),
    ToolRun(call="2", name="pcap.check", arguments={}, state="progress"),
)
CITATIONS = (Citation(number=1, evidence=EVIDENCE, label="configs/r1.cfg line 3"),)
ANSWER = AnswerState(status="grounded", model="m", usage={"input_tokens": 7, "output_tokens": 3, "cost": 0.5})


def begun(workspace, question="Why is r1 down?", owner="ana"):
    made = conversations.create(owner=owner, workspace=workspace)
    asked, answer = conversations.begin(made.id, question, owner=owner, workspace=workspace)
    return made, asked, answer


def test_an_answer_comes_back_as_it_was(workspace):
    made, asked, answer = begun(workspace)
    assert (asked.role, answer.status) == ("user", "streaming")
    ended = conversations.finish(
        answer.id, "complete", "MTU [1]", tools=TOOLS[:1], citations=CITATIONS, answer=ANSWER, workspace=workspace
    )
    found = conversations.messages(made.id, owner="ana", workspace=workspace)
    assert found == (asked, ended)
    assert (ended.tools, ended.citations, ended.answer) == (TOOLS[:1], CITATIONS, ANSWER)
    shown = conversations.get(made.id, owner="ana", workspace=workspace)
    assert (shown.title, shown.messages) == ("Why is r1 down?", 2)


def test_a_cancelled_answer_keeps_its_text_and_no_open_run(workspace):
    _, _, answer = begun(workspace)
    conversations.keep(answer.id, "half", TOOLS, CITATIONS, workspace=workspace)
    ended = conversations.finish(
        answer.id, "cancelled", "half of", tools=TOOLS, citations=CITATIONS, workspace=workspace
    )
    assert (ended.text, ended.status, [item.state for item in ended.tools]) == (
        "half of",
        "cancelled",
        ["done", "cancelled"],
    )


def test_what_a_dead_process_left_behind_is_closed_and_the_next_question_is_taken(tmp_path):
    code = """
        import os, sys
        from pathlib import Path
        from netguru.store import conversations
        from netguru.store.conversation_results import ToolRun
        here = Path(sys.argv[1])
        made = conversations.create(owner="ana", workspace=here)
        _, answer = conversations.begin(made.id, "why?", owner="ana", workspace=here)
        run = ToolRun(call="1", name="pcap.check", state="started")
        conversations.keep(answer.id, "because", [run], [], workspace=here)
        os._exit(9)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(tmp_path)], check=False)
    (only,) = conversations.recent(owner="ana", workspace=tmp_path).conversations
    left = conversations.messages(only.id, owner="ana", workspace=tmp_path)[-1]
    assert (left.status, left.text, left.tools[0].state) == ("failed", "because", "cancelled")
    conversations.begin(only.id, "and now?", owner="ana", workspace=tmp_path)


def test_one_answer_at_a_time_in_a_conversation(workspace):
    made, _, answer = begun(workspace)
    with pytest.raises(InputError, match="being written"):
        conversations.begin(made.id, "again", owner="ana", workspace=workspace)
    conversations.finish(answer.id, "complete", "", workspace=workspace)
    conversations.begin(made.id, "again", owner="ana", workspace=workspace)


def test_another_owner_sees_nothing(workspace):
    made, _, answer = begun(workspace)
    conversations.finish(answer.id, "complete", "secret plan", workspace=workspace)
    calls = (
        lambda: conversations.get(made.id, owner="bob", workspace=workspace),
        lambda: conversations.messages(made.id, owner="bob", workspace=workspace),
        lambda: conversations.rename(made.id, "x", owner="bob", workspace=workspace),
        lambda: conversations.remove(made.id, owner="bob", workspace=workspace),
        lambda: conversations.begin(made.id, "x", owner="bob", workspace=workspace),
    )
    for call in calls:
        with pytest.raises(UnknownNameError):
            call()
    assert conversations.recent(owner="bob", workspace=workspace).conversations == ()
    assert conversations.recent(owner="bob", query="secret", workspace=workspace).conversations == ()
    assert len(conversations.messages(made.id, owner="ana", workspace=workspace)) == 2


def test_conversations_are_found_by_words_of_questions_answers_and_titles(workspace):
    first, _, answer = begun(workspace, "Why does OSPF not come up?")
    conversations.finish(answer.id, "complete", "The MTU of leaf2 differs", workspace=workspace)
    second, _, other = begun(workspace, "Which VLANs are there?")
    conversations.finish(other.id, "complete", 'He said "none" AND left', workspace=workspace)
    conversations.rename(second.id, "Rede da filial", owner="ana", workspace=workspace)

    def found(query):
        return [item.id for item in conversations.recent(owner="ana", query=query, workspace=workspace).conversations]

    assert found("mtu leaf2") == [first.id]
    assert found("ospf lea") == [first.id]
    assert found("filial") == [second.id]
    assert found('"none" AND') == [second.id]
    assert found("mtu vlans") == []
    assert found("*'\"(") == [second.id, first.id]


def test_lists_go_on_where_they_ended(workspace):
    made = [conversations.create(f"c{number}", owner="ana", workspace=workspace) for number in range(5)]
    seen, cursor = [], ""
    while True:
        page = conversations.recent(owner="ana", limit=2, cursor=cursor, workspace=workspace)
        seen += [item.id for item in page.conversations]
        cursor = page.next
        if not cursor:
            break
    assert seen == [item.id for item in reversed(made)]
    with pytest.raises(InputError):
        conversations.recent(owner="ana", cursor="nonsense", workspace=workspace)


def test_a_removed_conversation_is_gone_for_its_owner_and_its_row_stays(workspace):
    made, _, answer = begun(workspace)
    conversations.finish(answer.id, "complete", "mtu", answer=ANSWER, workspace=workspace)
    conversations.remove(made.id, owner="ana", workspace=workspace)
    with pytest.raises(UnknownNameError):
        conversations.get(made.id, owner="ana", workspace=workspace)
    assert conversations.recent(owner="ana", query="mtu", workspace=workspace).conversations == ()
    with database.read(location(workspace)) as session:
        from netguru.store.tables import ConversationRow, UsageRow

        row = session.get_one(ConversationRow, made.id)
        assert row.deleted_at is not None
        assert [(item.owner, item.input_tokens, item.cost) for item in session.query(UsageRow)][-1] == ("ana", 7, 0.5)


def test_what_no_database_takes_is_replaced(workspace):
    made, asked, answer = begun(workspace, "a\0b \ud800")
    conversations.finish(answer.id, "complete", "x\0", tools=TOOLS[:1], workspace=workspace)
    first, last = conversations.messages(made.id, owner="ana", workspace=workspace)
    assert (first.text, last.text, asked.text) == ("a�b ?", "x�", "a�b ?")
