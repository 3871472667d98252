"""The networking thesaurus: laws of its tables, and what it makes of questions."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru.errors import ParseError
from netguru.rag import thesaurus
from netguru.rag import thesaurus_tables as tables
from netguru.rag.thesaurus import Expansion, expand, filler, fold, stop_words

KINDS = tuple(tables.FILES)
LEAST = {"translation": 1200, "abbreviation": 500, "vendor": 400, "symptom": 600, "synonym": 500}


@pytest.mark.parametrize("kind", KINDS)
def test_tables_hold_what_they_promise(kind):
    assert len(tables.entries(kind)) >= LEAST[kind]


def test_thesaurus_is_large_enough():
    assert sum(len(tables.entries(kind)) for kind in KINDS) >= 2000


@pytest.mark.parametrize("kind", KINDS)
def test_no_term_twice(kind):
    often = Counter(" ".join(word.text for word in tables.words_of(entry.term)) for entry in tables.entries(kind))
    assert [term for term, count in often.items() if count > 1] == []


@pytest.mark.parametrize("kind", ["symptom", "synonym"])
def test_no_two_terms_are_found_by_the_same_words(kind):
    often = Counter(words for words, _, _ in thesaurus._bags(kind).terms)
    assert [sorted(words) for words, count in often.items() if count > 1] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_is_whole(kind):
    for entry in tables.entries(kind):
        words = [fold(word) for word in tables.targets(entry)]
        assert entry.term == entry.term.lower().strip()
        assert fold(entry.term) not in words, entry
        assert len(set(words)) == len(words), entry
        assert all(word.strip() == word for word in words)
        assert 0 < entry.weight <= 1


def test_parts_and_directions_are_known():
    assert {entry.part for entry in tables.entries("translation")} <= {"n", "v", "adj", "adv"}
    assert {entry.part for entry in tables.entries("abbreviation")} == {"both", "out"}


@pytest.mark.parametrize("kind", KINDS)
def test_each_term_of_a_table_finds_itself(kind):
    """What a table lists can be asked for: the term alone, in its language, gives its own words."""
    language = "pt" if kind == "translation" else "en"
    lost = [
        entry.term
        for entry in tables.entries(kind)
        if not any(item.words == tables.targets(entry) for item in expand(_asked(entry.term), language))
    ]
    assert lost == []


def _asked(term: str) -> str:
    """Write a term as it stands in a question; an autonomous system is written in capitals."""
    return re.sub(r"(?<![\w-])as(?![\w-])", "AS", term) + " xyzzy"


@given(st.text())
def test_folding_again_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.sampled_from(["en", "pt", "und"]))
def test_any_text_can_be_expanded(text, language):
    for item in expand(text, language):
        assert item.words
        assert 0 < item.weight <= 1
        assert all(0 <= start < end <= len(text) for start, end in item.spans)


@pytest.mark.parametrize(
    ("question", "term", "word"),
    [
        ("Como configuro a rota padrão?", "rota padrão", "default route"),
        ("como configuro a rota padrao", "rota padrão", "default route"),
        ("As TABELAS DE ROTEAMENTO estão vazias", "tabela de roteamento", "routing table"),
        ("Quais conexões e túneis caíram?", "túnel", "tunnel"),
        ("bloqueando os vizinhos", "bloquear", "block"),
        ("bloqueei uma porta", "bloquear", "block"),
        ("reiniciei o roteador", "reiniciar", "restart"),
        ("redistribuindo rotas", "redistribuir", "redistribute"),
        ("Que nós da rede falham?", "nós", "nodes"),
        ("mudar a palavra-passe do utilizador", "palavra-passe", "password"),
    ],
)
def test_portuguese_terms_are_found_in_their_forms(question, term, word):
    found = {item.term: item for item in expand(question, "pt")}
    assert word in found[term].words


def test_the_longest_term_wins():
    terms = [item.term for item in expand("Perdi a configuração da rota estática flutuante", "pt")]
    assert "rota estática flutuante" in terms
    assert not {"rota", "estático", "rota estática", "flutuante"} & set(terms)


def test_a_term_within_a_longer_symptom_is_left_out():
    symptoms = [item.term for item in expand("OSPF neighbor is stuck in ExStart", "en") if item.kind == "symptom"]
    assert symptoms == ["stuck exstart"]


@pytest.mark.parametrize(
    ("question", "language", "word"),
    [
        ("My neighbours hang in the ExStart state", "en", "mtu-ignore"),
        ("Meus vizinhos OSPF estão presos em ExStart", "pt", "mtu-ignore"),
        ("Hosts with private addresses must reach the internet", "en", "masquerade"),
        ("A peer is sending us its full table", "en", "maximum-prefix"),
        ("I lost access to the router after a change", "en", "commit-confirm"),
        ("Perdi o acesso depois de uma mudança", "pt", "commit-confirm"),
        ("stretch layer-2 between two data centers", "en", "vxlan"),
        ("the daemon keeps crashing", "en", "watchfrr"),
        ("turn the interface off", "en", "shutdown"),
        ("The session doesn't come up over loopbacks, BGP", "en", "ebgp-multihop"),
        ("What is a routing-instance called here?", "en", "network-instance"),
        ("What is a routing instance called here?", "en", "network-instance"),
        ("show the network instance table", "en", "vrf"),
        ("what does the virtual routing and forwarding do", "en", "vrf"),
    ],
)
def test_what_is_meant_is_among_the_words(question, language, word):
    assert word in {text for item in expand(question, language) for text in item.words}


def test_small_words_are_told_from_names():
    assert not any(item.term == "as" for item in expand("as rotas não aparecem", "pt"))
    assert any(item.term == "as" for item in expand("em qual AS estão as rotas?", "pt"))
    assert not any(item.term == "as" for item in expand("neighbor 10.0.0.1 remote-as 65001", "en"))


def test_hyphen_space_and_nothing_are_one():
    for written in ("route-map", "route map", "routemap", "Route-Map"):
        assert "policy-statement" in {text for item in expand(f"use a {written} here", "en") for text in item.words}


def test_a_chain_weighs_less_than_its_parts():
    found = {(item.kind, item.term): item for item in expand("rede interna sem internet", "pt")}
    assert all(item.weight <= 1 for item in found.values())
    symptom = next(item for item in found.values() if item.kind == "symptom")
    assert symptom.weight < next(e.weight for e in tables.entries("symptom") if e.term == symptom.term)


def test_spans_name_the_words_of_the_question():
    question = "Onde vejo a tabela do roteamento?"
    item = next(item for item in expand(question, "pt") if item.term == "tabela de roteamento")
    assert [question[start:end] for start, end in item.spans] == ["tabela", "roteamento"]


def test_filler_is_what_carries_no_subject():
    question = "Por favor, como faço para ver as rotas no AS 65001?"
    left = "".join(char for place, char in enumerate(question) if not _within(place, filler(question, "pt")))
    assert re.findall(r"\w+", left) == ["ver", "rotas", "AS", "65001"]
    assert filler("show ip route", "en") == ()


def _within(place: int, spans: tuple[tuple[int, int], ...]) -> bool:
    return any(start <= place < end for start, end in spans)


def test_stop_words_keep_the_words_of_commands():
    assert not stop_words("en") & set("no not set show in out on off up down all".split())
    assert {"como", "para", "os", "no"} <= stop_words("pt")
    assert not stop_words("pt") & set("sem nao entre sobre ate mais menos".split())
    assert stop_words("xx") == frozenset()


def test_another_language_still_gets_the_words_of_the_field():
    assert any("network-instance" in item.words for item in expand("Wie richte ich eine VRF ein?", "de"))


def test_expansions_are_values():
    first = expand("rota padrão", "pt")
    assert first == expand("rota padrão", "pt")
    assert isinstance(hash(first[0]), int)
    assert isinstance(first[0], Expansion)


def test_half_a_symptom_is_a_hint():
    whole = next(item for item in expand("private addresses to the internet", "en") if item.kind == "symptom")
    half = next(item for item in expand("spoofed addresses of somebody", "en") if item.kind == "symptom")
    assert whole.weight == 1.0
    assert "urpf" in half.words
    assert half.weight < 0.9


def test_the_order_of_sets_changes_nothing():
    """Sets of strings are ordered anew in each process; what is found must not be."""
    program = (
        "from netguru.rag.thesaurus import expand;"
        "print(expand('the neighbor link of the neighbor flaps and the link goes down on each link', 'en'),"
        "expand('o vizinho cai e o enlace do vizinho oscila quando a rota some', 'pt'))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1


def test_a_broken_row_is_named():
    with pytest.raises(ParseError, match=r"symptoms\.tsv"):
        tables.entry_of({"term": "x", "expansions": "y", "weight": "2"}, "symptom")
